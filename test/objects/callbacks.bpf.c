/* Functions whose address is taken: bpf_loop, bpf_for_each_map_elem, bpf_find_vma-like callbacks. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 10);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");
struct sums { __u64 loop, map; };
struct sums sums;
static long on_index(__u32 index, void *ctx)
{
	__u64 value = index * 2;
	((struct sums *)ctx)->loop += index;
	bpf_map_update_elem(&numbers, &index, &value, BPF_ANY);
	return index == 9;
}
static long on_entry(void *map, __u32 *key, __u64 *value, struct sums *ctx)
{
	ctx->map += *value;
	return 0;
}
SEC("syscall")
int run(void *ctx)
{
	struct sums local = {};
	long turns = bpf_loop(100, on_index, &local, 0);
	bpf_for_each_map_elem(&numbers, on_entry, &local, 0);
	sums = local;
	return turns;
}
