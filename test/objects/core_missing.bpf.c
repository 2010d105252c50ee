/* Reads a member that no kernel has, without asking first: the loader says which. */
#include "test.h"
struct task_struct { int no_such_member; } CORE;
int value;
SEC("tp_btf/sys_enter")
int BPF_PROG(look, void *regs, long id)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	value = BPF_CORE_READ(task, no_such_member);
	return 0;
}
