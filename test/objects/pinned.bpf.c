/* A map that outlives its owner. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
} pebble_test_pin SEC(".maps");
SEC("syscall")
int bump(void *ctx)
{
	__u64 *value = bpf_map_lookup_elem(&pebble_test_pin, &(__u32){ 0 });
	if (value)
		*value += 1;
	return 0;
}
