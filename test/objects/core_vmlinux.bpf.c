/* All types of this kernel, as bpftool prints them. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
char LICENSE[] SEC("license") = "GPL";
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, pid_t);
	__type(value, enum bpf_map_type);
} kinds SEC(".maps");
const volatile pid_t target;
u64 start_time, files;
SEC("tp_btf/sys_enter")
int BPF_PROG(look, struct pt_regs *regs, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	enum bpf_map_type kind = BPF_MAP_TYPE_RINGBUF;
	pid_t tgid = task->tgid;
	if (tgid != target)
		return 0;
	start_time = task->start_time;
	files = BPF_CORE_READ(task, files, fdt, max_fds);
	bpf_map_update_elem(&kinds, &tgid, &kind, BPF_ANY);
	return 0;
}
