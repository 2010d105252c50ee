/* Loads without a helper: the offset is in the instruction, and its size fits the kernel's field. */
#include "test.h"
struct task_struct___narrow { __u64 flags; } CORE;
struct task_struct { int pid; struct task_struct *group_leader; unsigned long policy; } CORE;
int pid, leader;
__u64 flags, policy;
TARGET;
SEC("tp_btf/sys_enter")
int BPF_PROG(look, void *regs, long id)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	if (!OF_TARGET)
		return 0;
	pid = task->pid;
	leader = task->group_leader->pid;
	flags = ((struct task_struct___narrow *)task)->flags;
	policy = task->policy;
	return 0;
}
