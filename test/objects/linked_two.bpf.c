/* The other half, with a static variable and a function of the same names. */
#include "test.h"
int shared = 10;
static __u64 mine = 3;
extern struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} common SEC(".maps");
noinline int add(int a, int b)
{
	return a + b + (int)mine;
}
SEC("syscall")
int two(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&common, &key);
	if (value)
		*value += 100;
	return ++mine;
}
