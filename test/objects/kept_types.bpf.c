/* Records of three kinds through one buffer; pointers that nobody follows keep two of the types in the BTF. */
#include "test.h"
struct began { __u32 kind, pid; };
struct ended { __u32 kind, pid; char comm[16]; __u64 number; };
const struct began *unused_began __attribute__((unused));
const struct ended *unused_ended __attribute__((unused));
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} buffer SEC(".maps");
TARGET;
__u64 number;
SEC("tp/syscalls/sys_enter_getppid")
int send(void *ctx)
{
	struct began began = { .kind = 1, .pid = target };
	struct ended ended = { .kind = 2, .pid = target };
	__u32 nothing[10] = { 3 };
	if (!OF_TARGET)
		return 0;
	ended.number = ++number;
	bpf_get_current_comm(ended.comm, sizeof(ended.comm));
	bpf_ringbuf_output(&buffer, &began, sizeof(began), 0);
	bpf_ringbuf_output(&buffer, &ended, sizeof(ended), 0);
	if (number == 1)
		bpf_ringbuf_output(&buffer, nothing, sizeof(nothing), 0);
	return 0;
}
