/* Iterators over tasks and maps: text that they write when somebody reads. */
#include "test.h"
struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; __u64 seq_num; } CORE;
struct task_struct { int pid; int tgid; char comm[16]; } CORE;
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } CORE;
struct bpf_map { unsigned int id; } CORE;
struct bpf_iter__bpf_map { struct bpf_iter_meta *meta; struct bpf_map *map; } CORE;
struct bpf_iter__bpf_map_elem { struct bpf_iter_meta *meta; struct bpf_map *map; void *key; void *value; } CORE;
struct cgroup { int level; } CORE;
struct bpf_iter__cgroup { struct bpf_iter_meta *meta; struct cgroup *cgroup; } CORE;
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");
TARGET;
int maps, elements, tasks_seen, cgroups;
__u64 sum;
SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	if (task)
		tasks_seen++;
	if (task && task->tgid == target && task->pid == target)
		BPF_SEQ_PRINTF(ctx->meta->seq, "task %d\n", task->pid);
	return 0;
}
SEC("iter/bpf_map")
int each_map(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		maps++;
	return 0;
}
SEC("?iter/bpf_map_elem")
int each_element(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 *value = ctx->value;
	if (value) {
		elements++;
		sum += *value;
	}
	return 0;
}
SEC("?iter/cgroup")
int each_cgroup(struct bpf_iter__cgroup *ctx)
{
	if (ctx->cgroup)
		cgroups++;
	return 0;
}
