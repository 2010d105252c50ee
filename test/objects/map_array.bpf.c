/* An array that a loop fills, and one with flags of its own. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __s64);
} squares SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 12);
} untyped SEC(".maps");
SEC("syscall")
int fill(void *ctx)
{
	for (__u32 i = 0; i < 5; i++) {
		__u32 key = i;
		__s64 value = -(__s64)i * i;
		bpf_map_update_elem(&squares, &key, &value, BPF_ANY);
	}
	return bpf_map_lookup_elem(&untyped, &(__u32){ 0 }) ? 5 : 0;
}
