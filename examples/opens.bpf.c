/* Counts opened files by process, and tells each one that is slower than a limit. Compiled by opens.ts. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct process { __u32 pid; char comm[16]; };
struct event { struct process process; __u64 ns; };

const volatile __u64 least_ns = 0;

struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1024); __type(key, struct process); __type(value, __u64); } opens SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1024); __type(key, __u64); __type(value, __u64); } began SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); __type(value, struct event); } slow SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int enter(void *ctx)
{
	__u64 task = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
	bpf_map_update_elem(&began, &task, &now, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int leave(void *ctx)
{
	__u64 task = bpf_get_current_pid_tgid(), one = 1, *start, *count, ns;
	struct event *event;
	struct process process = { .pid = task >> 32 };

	start = bpf_map_lookup_elem(&began, &task);
	if (!start)
		return 0;
	ns = bpf_ktime_get_ns() - *start;
	bpf_map_delete_elem(&began, &task);
	bpf_get_current_comm(process.comm, sizeof(process.comm));
	count = bpf_map_lookup_elem(&opens, &process);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&opens, &process, &one, BPF_ANY);
	if (ns < least_ns)
		return 0;
	event = bpf_ringbuf_reserve(&slow, sizeof(*event), BPF_RB_NO_WAKEUP);
	if (!event)
		return 0;
	event->process = process;
	event->ns = ns;
	bpf_ringbuf_submit(event, 0);
	return 0;
}
