/* Records of two sizes: reserved and submitted, discarded, and output at once. */
#include "test.h"
struct event { __u32 pid; __u32 number; char comm[16]; };
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
	__type(value, struct event);
} events SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} raw SEC(".maps");
TARGET;
__u32 number;
SEC("tp/syscalls/sys_enter_getppid")
int send(void *ctx)
{
	struct event *event;
	__u32 code = 0xc0ffee;
	if (!OF_TARGET)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->pid = target;
	event->number = ++number;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (number % 10 == 0)
		bpf_ringbuf_discard(event, 0);
	else
		bpf_ringbuf_submit(event, 0);
	if (number == 1)
		bpf_ringbuf_output(&raw, &code, sizeof(code), 0);
	return 0;
}
