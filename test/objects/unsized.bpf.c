/* Maps that leave their sizes to a loader, and a perf_event section, which never names its event. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__type(key, __u32);
} stacks SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
} samples SEC(".maps");
SEC("perf_event")
int sample(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 one = 1, *count = bpf_map_lookup_elem(&samples, &pid);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&samples, &pid, &one, BPF_NOEXIST);
	bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	return 0;
}
