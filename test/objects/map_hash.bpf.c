/* A hash from a struct to a struct: system calls of the target by number. */
#include "test.h"
struct key { __u32 pid; __u32 nr; };
struct value { __u64 calls; __u64 last_ns; char comm[16]; };
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct key);
	__type(value, struct value);
} calls SEC(".maps");
TARGET;
struct enter { __u64 common; int nr; };
SEC("tracepoint/syscalls/sys_enter_getppid")
int count(struct enter *ctx)
{
	struct key key = { .pid = bpf_get_current_pid_tgid() >> 32, .nr = ctx->nr };
	struct value zero = {}, *value;
	if (!OF_TARGET)
		return 0;
	bpf_map_update_elem(&calls, &key, &zero, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&calls, &key);
	if (!value)
		return 0;
	__sync_fetch_and_add(&value->calls, 1);
	value->last_ns = bpf_ktime_get_ns();
	bpf_get_current_comm(value->comm, sizeof(value->comm));
	return 0;
}
