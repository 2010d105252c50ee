/* LRU maps forget: there are never more entries than fit. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} lru SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} lru_percpu SEC(".maps");
static long put(__u32 i, void *ctx)
{
	__u64 wide = i;
	bpf_map_update_elem(&lru, &i, &i, BPF_ANY);
	bpf_map_update_elem(&lru_percpu, &i, &wide, BPF_ANY);
	return 0;
}
SEC("raw_tp")
int fill(void *ctx)
{
	return bpf_loop(500, put, 0, 0);
}
