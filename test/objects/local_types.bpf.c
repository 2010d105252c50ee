/* Records whose types only local variables have: clang leaves them out of the BTF, not out of the debug information. */
#include "test.h"
enum outcome { FINE, BROKEN };
typedef struct { __u16 port; __u8 address[4]; } endpoint;
struct visit {
	__u32 pid;
	enum outcome outcome;
	endpoint from;
	union { __u64 whole; struct { __u32 low, high; }; };
	__u32 flag : 1, level : 7;
	char comm[16];
};
struct line { __u32 length; char text[64]; };
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} visits SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, int);
	__type(value, int);
} lines SEC(".maps");
TARGET;
SEC("tp/syscalls/sys_enter_getppid")
int send(void *ctx)
{
	struct line line = { .length = 5, .text = "hello" };
	struct visit *visit;
	if (!OF_TARGET)
		return 0;
	visit = bpf_ringbuf_reserve(&visits, sizeof(*visit), 0);
	if (!visit)
		return 0;
	__builtin_memset(visit, 0, sizeof(*visit));
	visit->pid = target;
	visit->outcome = BROKEN;
	visit->from.port = 5432;
	visit->from.address[0] = 127;
	visit->low = 7;
	visit->high = 1;
	visit->level = 99;
	bpf_get_current_comm(visit->comm, sizeof(visit->comm));
	bpf_ringbuf_submit(visit, 0);
	bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, &line, 12);
	return 0;
}
