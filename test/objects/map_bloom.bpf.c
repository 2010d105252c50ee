/* A bloom filter with three hash functions (map_extra). */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__uint(map_extra, 3);
	__type(value, __u64);
} seen SEC(".maps");
int before, after;
SEC("raw_tp")
int ask(void *ctx)
{
	__u64 value = 41;
	before = bpf_map_peek_elem(&seen, &value);
	bpf_map_push_elem(&seen, &value, 0);
	after = bpf_map_peek_elem(&seen, &value);
	return 0;
}
