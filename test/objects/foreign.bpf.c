/* Programs of kinds that are not for tracing, and one that is. */
#include "test.h"
TARGET;
__u64 calls;
SEC("tp/syscalls/sys_enter_getppid")
int count(void *ctx)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&calls, 1);
	return 0;
}
SEC("sockops")
int sockets(struct bpf_sock_ops *ctx)
{
	return 1;
}
SEC("anything")
int other(void *ctx)
{
	return 0;
}
SEC("fentry")
int nowhere(void *ctx)
{
	return 0;
}
