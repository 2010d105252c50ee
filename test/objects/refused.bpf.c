/* The verifier refuses this one, and quotes the line. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} one SEC(".maps");
SEC("syscall")
int careless(void *ctx)
{
	__u64 *value = bpf_map_lookup_elem(&one, &(__u32){ 0 });
	*value += 1;
	return 0;
}
