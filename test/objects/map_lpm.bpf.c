/* A trie of prefixes: the longest that matches wins. */
#include "test.h"
struct prefix { __u32 bits; __u8 address[4]; };
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");
__u32 found;
SEC("raw_tp")
int look(void *ctx)
{
	struct prefix ten = { 8, { 10 } }, ten_one = { 16, { 10, 1 } }, host = { 32, { 10, 1, 2, 3 } };
	__u32 eight = 8, sixteen = 16, *value;
	bpf_map_update_elem(&routes, &ten, &eight, BPF_ANY);
	bpf_map_update_elem(&routes, &ten_one, &sixteen, BPF_ANY);
	value = bpf_map_lookup_elem(&routes, &host);
	found = value ? *value : 0;
	return 0;
}
