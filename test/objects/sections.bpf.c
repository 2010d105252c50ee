/* Variables in sections of their own, weak and static functions, two programs of one section. */
#include "test.h"
int in_data SEC(".data.custom") = 7;
static volatile int hidden SEC(".data.custom") = 9;
const volatile int factor SEC(".rodata.custom") = 5;
__u64 sums[2] SEC(".bss.custom");
TARGET;
static noinline int scaled(int x)
{
	return x * factor + hidden;
}
__weak noinline int moved(int x)
{
	return x + in_data;
}
SEC("tp/syscalls/sys_enter_getppid")
int first(void *ctx)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&sums[0], scaled(1));
	return 0;
}
SEC("tp/syscalls/sys_enter_getppid")
int second(void *ctx)
{
	const char text[] = "a constant that needs more than one register: %d";
	if (!OF_TARGET)
		return 0;
	__sync_fetch_and_add(&sums[1], moved(2));
	bpf_trace_printk(text, sizeof(text), in_data);
	return 0;
}
