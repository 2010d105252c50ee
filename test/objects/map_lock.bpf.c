/* A lock and a timer inside of values: the kernel finds them by the types of the map. */
#include "test.h"
struct locked { struct bpf_spin_lock lock; __u32 a; __u32 b; };
struct timed { struct bpf_timer timer; __u64 fired; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} pairs SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct timed);
} timers SEC(".maps");
int fired;
static int on_timer(void *map, __u32 *key, struct timed *value)
{
	fired++;
	return 0;
}
SEC("syscall")
int both(void *ctx)
{
	__u32 zero = 0;
	struct timed initial = {}, *timed;
	struct locked *pair = bpf_map_lookup_elem(&pairs, &zero);
	if (!pair)
		return 1;
	bpf_spin_lock(&pair->lock);
	pair->a++;
	pair->b += 2;
	bpf_spin_unlock(&pair->lock);
	bpf_map_update_elem(&timers, &zero, &initial, BPF_ANY);
	timed = bpf_map_lookup_elem(&timers, &zero);
	if (!timed)
		return 2;
	bpf_timer_init(&timed->timer, &timers, 1 /* CLOCK_MONOTONIC */);
	bpf_timer_set_callback(&timed->timer, on_timer);
	return bpf_timer_start(&timed->timer, 1000, 0);
}
