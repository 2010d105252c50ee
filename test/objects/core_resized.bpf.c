/* A signed member that has another size here cannot be loaded; unless nobody gets there. */
#include "test.h"
struct task_struct { long prio; } CORE;
const volatile _Bool reach;
long value;
SEC("tp_btf/sys_enter")
int BPF_PROG(look, void *regs, long id)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	if (reach)
		value = task->prio;
	return 0;
}
