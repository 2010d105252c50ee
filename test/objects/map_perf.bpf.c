/* A perf event array; the record's type is found by name. */
#include "test.h"
struct event { __u64 number; __u64 twice; };
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");
TARGET;
__u64 number;
struct event *unused __attribute__((unused));
SEC("tp/syscalls/sys_enter_getppid")
int send(void *ctx)
{
	struct event event;
	if (!OF_TARGET)
		return 0;
	event.number = ++number;
	event.twice = 2 * number;
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}
