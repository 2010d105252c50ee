/* An iterator that writes structs, not text. */
#include "test.h"
struct bpf_iter_meta { void *seq; __u64 session_id, seq_num; } __attribute__((preserve_access_index));
struct task_struct { int pid, tgid; } __attribute__((preserve_access_index));
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } __attribute__((preserve_access_index));
SEC("iter/task")
int dump(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u32 pids[2];
	if (!task)
		return 0;
	pids[0] = task->pid;
	pids[1] = task->tgid;
	bpf_seq_write((void *)ctx->meta->seq, pids, sizeof(pids));
	return 0;
}
