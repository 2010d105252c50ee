/* Constants that the linker may merge: the compiler tells of them in .rodata, where they are not. */
#include "test.h"
const volatile char name[8] = "first";
static const int table[4] = { 10, 20, 30, 40 };
int picked;
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE); /* Its types must be known to the kernel. */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, long);
} storage SEC(".maps");
SEC("syscall")
int pick(void *ctx)
{
	picked = table[*(volatile int *)&picked & 3];
	return name[0];
}
