/* Bit-fields: which bytes to load, and how far to shift. */
#include "test.h"
struct task_struct {
	unsigned sched_reset_on_fork : 1;
	unsigned sched_contributes_to_load : 1;
	unsigned in_execve : 1;
	unsigned no_new_privs_like;
} CORE;
struct info { __u64 offset, size, left, right, sign; };
struct info reset, execve;
__u64 value = 99, probed = 99;
TARGET;
#define INFO(field) ((struct info){ \
	__builtin_preserve_field_info(field, BPF_FIELD_BYTE_OFFSET), \
	__builtin_preserve_field_info(field, BPF_FIELD_BYTE_SIZE), \
	__builtin_preserve_field_info(field, BPF_FIELD_LSHIFT_U64), \
	__builtin_preserve_field_info(field, BPF_FIELD_RSHIFT_U64), \
	__builtin_preserve_field_info(field, BPF_FIELD_SIGNED) })
SEC("tp_btf/sys_enter")
int BPF_PROG(look, void *regs, long id)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	if (!OF_TARGET)
		return 0;
	reset = INFO(task->sched_reset_on_fork);
	execve = INFO(task->in_execve);
	value = BPF_CORE_READ_BITFIELD(task, in_execve);
	probed = BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	return 0;
}
