/* Kernel functions: entry, return, a system call, many at once. */
#include "test.h"
TARGET;
__u64 entered, returned, calls, several;
SEC("kprobe/do_sys_openat2")
int enter(struct pt_regs *ctx)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&entered, 1);
	return 0;
}
SEC("kretprobe/do_sys_openat2")
int leave(struct pt_regs *ctx)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&returned, 1);
	return 0;
}
SEC("ksyscall/getppid")
int call(struct pt_regs *ctx)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&calls, 1);
	return 0;
}
SEC("kprobe.multi/vfs_*")
int many(struct pt_regs *ctx)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&several, 1);
	return 0;
}
