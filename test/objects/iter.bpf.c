/* Iterators over tasks and maps: text that they write when somebody reads. */
#include "test.h"
struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; __u64 seq_num; } CORE;
struct task_struct { int pid; int tgid; char comm[16]; } CORE;
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } CORE;
struct bpf_map { unsigned int id; } CORE;
struct bpf_iter__bpf_map { struct bpf_iter_meta *meta; struct bpf_map *map; } CORE;
TARGET;
int maps;
SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
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
