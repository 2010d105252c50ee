/* Half of an object that bpftool links: it uses the other's variable, map and function. */
#include "test.h"
extern int shared;
extern int add(int a, int b);
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} common SEC(".maps");
static __u64 mine;
SEC("syscall")
int one(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&common, &key);
	if (value)
		*value += add(2, 4);
	mine++;
	return ++shared;
}
