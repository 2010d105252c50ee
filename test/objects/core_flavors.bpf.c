/* Two ideas of one struct: the kernel decides which is right, the other is dead code. */
#include "test.h"
struct task_struct___new { unsigned int __state; } CORE;
struct task_struct___old { volatile long state; } CORE;
long state = -1;
int which;
TARGET;
SEC("tp_btf/sys_enter")
int BPF_PROG(look, void *regs, long id)
{
	void *task = (void *)bpf_get_current_task();
	struct task_struct___new *now = task;
	struct task_struct___old *then = task;
	if (!OF_TARGET)
		return 0;
	if (bpf_core_field_exists(now->__state)) {
		which = 1;
		state = BPF_CORE_READ(now, __state);
	} else {
		which = 2;
		state = BPF_CORE_READ(then, state);
	}
	return 0;
}
