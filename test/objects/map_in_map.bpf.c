/* An array and a hash of maps, with entries from the start. */
#include "test.h"
struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} first SEC(".maps"), second SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &first, [3] = &second } };
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} hashed SEC(".maps") = { .values = { [2] = &second } };
int missing;
SEC("raw_tp")
int fill(void *ctx)
{
	__u64 value = 11;
	for (__u32 i = 0; i < 4; i++) {
		__u32 zero = 0, key = i;
		void *inner = bpf_map_lookup_elem(&outer, &key);
		if (inner)
			bpf_map_update_elem(inner, &zero, &value, BPF_ANY);
		else
			missing++;
		value += 11;
	}
	return 0;
}
