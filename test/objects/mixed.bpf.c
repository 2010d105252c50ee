/* One program for every kernel, one for a kernel that does not exist, one that reads more than its hook has. */
#include "test.h"
__u64 calls;
SEC("raw_tp/sys_enter")
int works(void *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return 0;
}
SEC("tp_btf/no_such_event")
int nowhere(void *ctx)
{
	return 0;
}
SEC("tp/syscalls/sys_enter_getppid")
int beyond(__u64 *ctx)
{
	calls += ctx[1];
	return 0;
}
