/* Byte offsets of fields that are elsewhere than here: plain, behind pointers, in arrays, in anonymous parts. */
#include "test.h"
struct list_head { struct list_head *next; } CORE;
struct signal_struct { int group_exit_code; struct list_head thread_head; } CORE;
struct mm_struct { unsigned long start_stack; unsigned long arg_start; } CORE;
struct task_struct {
	char comm[16];
	int tgid;
	int pid;
	struct signal_struct *signal;
	struct task_struct *real_parent;
	struct mm_struct *mm;
	struct { int counter; } usage_like;
} CORE;
__u64 offsets[6];
int pid, tgid, parent;
char letter;
TARGET;
SEC("tp_btf/sys_enter")
int BPF_PROG(look, void *regs, long id)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	if (!OF_TARGET)
		return 0;
	pid = BPF_CORE_READ(task, pid);
	tgid = BPF_CORE_READ(task, tgid);
	parent = BPF_CORE_READ(task, real_parent, tgid);
	bpf_core_read(&letter, 1, &task->comm[2]);
	offsets[0] = __builtin_preserve_field_info(task->comm, BPF_FIELD_BYTE_OFFSET);
	offsets[1] = __builtin_preserve_field_info(task->comm[2], BPF_FIELD_BYTE_OFFSET);
	offsets[2] = __builtin_preserve_field_info(task->signal->thread_head.next, BPF_FIELD_BYTE_OFFSET);
	offsets[3] = __builtin_preserve_field_info(task->mm->arg_start, BPF_FIELD_BYTE_OFFSET);
	offsets[4] = __builtin_preserve_field_info(task->signal->thread_head, BPF_FIELD_BYTE_OFFSET);
	offsets[5] = __builtin_preserve_field_info(task->pid, BPF_FIELD_BYTE_OFFSET);
	return 0;
}
