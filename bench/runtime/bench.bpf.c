/* What both sides load: a ring that is filled at once, by system calls, and a hash of 100,000 entries. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
struct event { __u64 number, time; __u32 pid, cpu; __u64 value; };
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} ring SEC(".maps");
struct big { __u64 words[8]; };
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__type(key, __u64);
	__type(value, struct big);
} table SEC(".maps");
/* BPF_RB_NO_WAKEUP is 1. */
const volatile __u64 flags = 1;
const volatile __u32 producer = 0;
__u64 sent, dropped;
static long put(__u32 i, void *ctx)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event)
		return 1;
	event->number = i;
	event->time = 0;
	event->pid = 1;
	event->cpu = 2;
	event->value = 3;
	bpf_ringbuf_submit(event, 1);
	return 0;
}
SEC("syscall")
int fill(void *ctx)
{
	bpf_loop(1000000, put, 0, 0);
	return 0;
}
static long add(__u32 i, void *ctx)
{
	struct big value = { .words = { i } };
	__u64 key = i;
	bpf_map_update_elem(&table, &key, &value, 0);
	return 0;
}
SEC("syscall")
int load(void *ctx)
{
	bpf_loop(100000, add, 0, 0);
	return 0;
}
SEC("tp/syscalls/sys_enter_getppid")
int send(void *ctx)
{
	struct event *event;
	if (bpf_get_current_pid_tgid() >> 32 != producer)
		return 0;
	__sync_fetch_and_add(&sent, 1);
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->number = sent;
	event->time = bpf_ktime_get_ns();
	event->pid = producer;
	event->cpu = bpf_get_smp_processor_id();
	event->value = 3;
	bpf_ringbuf_submit(event, flags);
	return 0;
}
SEC("?uprobe")
int hit(void *ctx)
{
	return 0;
}
