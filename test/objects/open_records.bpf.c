/* Records that end in an array without a length, beside structs of the same size that are no records. */
#include "test.h"
struct event { __u32 kind; __u16 length; __u16 flags; char text[]; };
struct sample { __u64 at; __u32 values[]; };
struct other { __u8 a; __u32 b; __u64 c; } __attribute__((packed));
struct closed { __u64 left, right; };
const struct event *kept_event __attribute__((unused));
const struct sample *kept_sample __attribute__((unused));
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps"), samples SEC(".maps"), pairs SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, struct other);
	__type(value, __u32);
} others SEC(".maps");
TARGET;
SEC("tp/syscalls/sys_enter_getppid")
int send(void *ctx)
{
	struct other other = { 1, 2, 3 };
	struct event *event;
	struct sample *sample;
	struct closed *pair;
	struct bpf_dynptr copy;
	__u32 zero = 0;
	if (!OF_TARGET)
		return 0;
	bpf_map_update_elem(&others, &other, &zero, BPF_ANY);
	event = bpf_ringbuf_reserve(&events, sizeof(*event) + 5, 0);
	if (event) {
		event->kind = 3;
		event->length = 4;
		event->flags = 0;
		__builtin_memcpy(event->text, "open", 5);
		bpf_ringbuf_submit(event, 0);
	}
	sample = bpf_ringbuf_reserve(&samples, sizeof(*sample) + 8, 0);
	if (sample) {
		sample->at = 7;
		sample->values[0] = 53;
		sample->values[1] = 59;
		bpf_ringbuf_submit(sample, 0);
	}
	/* As large as a struct bpf_dynptr, which is here, too. */
	pair = bpf_ringbuf_reserve(&pairs, sizeof(*pair), 0);
	if (pair) {
		pair->left = 11;
		pair->right = 13;
		bpf_ringbuf_submit(pair, 0);
	}
	bpf_ringbuf_reserve_dynptr(&pairs, sizeof(*pair), 0, &copy);
	bpf_ringbuf_discard_dynptr(&copy, 0);
	return 0;
}
