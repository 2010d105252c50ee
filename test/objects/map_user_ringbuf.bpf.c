/* A ring that this process would write; here it stays empty. */
#include "test.h"
struct {
	__uint(type, 31 /* BPF_MAP_TYPE_USER_RINGBUF */);
	__uint(max_entries, 4096);
} inbox SEC(".maps");
static long (*drain)(void *map, void *callback, void *ctx, __u64 flags) = (void *)209;
long drained = -1;
static long on_sample(void *dynptr, void *ctx)
{
	return 0;
}
SEC("tp/syscalls/sys_enter_getppid")
int read(void *ctx)
{
	drained = drain(&inbox, on_sample, 0, 0);
	return 0;
}
