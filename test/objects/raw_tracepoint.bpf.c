/* Raw tracepoints, by both of their names, and one that may write. */
#include "test.h"
TARGET;
__u64 entered, left, writable;
SEC("raw_tp/sys_enter")
int enter(struct bpf_raw_tracepoint_args *ctx)
{
	if (OF_TARGET && ctx->args[1] == 110)
		__sync_fetch_and_add(&entered, 1);
	return 0;
}
SEC("raw_tracepoint/sys_exit")
int leave(struct bpf_raw_tracepoint_args *ctx)
{
	if (OF_TARGET)
		__sync_fetch_and_add(&left, 1);
	return 0;
}
SEC("?raw_tp.w/bpf_test_finish")
int write(struct bpf_raw_tracepoint_args *ctx)
{
	writable++;
	return 0;
}
