/* Functions of the kernel by their types. */
#include "test.h"
TARGET;
__u64 entered, left, slept;
SEC("fentry/do_sys_openat2")
int BPF_PROG(enter, int dfd)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&entered, 1);
	return 0;
}
SEC("fexit/do_sys_openat2")
int BPF_PROG(leave, int dfd, const char *name, void *how, long result)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&left, 1);
	return 0;
}
SEC("fexit.s/__x64_sys_getppid")
int BPF_PROG(sleepy, void *regs, long result)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&slept, 1);
	return 0;
}
