/* Functions of a program: entry, return, an offset; by name and by pattern; and both ends as one session. */
#include "test.h"
__u64 entered, returned, sum, inside, many, sessions, session_returns;
SEC("uprobe/" BINARY ":work")
int BPF_KPROBE(enter, int x)
{
	__sync_fetch_and_add(&entered, 1);
	__sync_fetch_and_add(&sum, x);
	return 0;
}
SEC("uretprobe/" BINARY ":work")
int BPF_KRETPROBE(leave, int result)
{
	__sync_fetch_and_add(&returned, result);
	return 0;
}
SEC("uprobe.multi/" BINARY ":work_*")
int several(void *ctx)
{
	__sync_fetch_and_add(&many, 1);
	return 0;
}
SEC("?uprobe.session/" BINARY ":work")
int session(void *ctx)
{
	__sync_fetch_and_add(&sessions, 1);
	return 0;
}
