/* Per-CPU hash and array: each CPU counts for itself. */
#include "test.h"
struct value { __u32 cpu; __u32 runs; };
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct value);
} by_cpu SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, char[4]);
	__type(value, __u8);
} named SEC(".maps");
SEC("syscall")
int run(void *ctx)
{
	__u32 one = 1;
	__u8 seven = 7;
	struct value *value = bpf_map_lookup_elem(&by_cpu, &one);
	if (!value)
		return 1;
	value->cpu = bpf_get_smp_processor_id();
	value->runs++;
	return bpf_map_update_elem(&named, "abc", &seven, BPF_ANY);
}
