/* Functions of the kernel that programs may call; one does not exist and is not reached. */
#include "test.h"
struct task_struct { int pid; } CORE;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern void bpf_no_such_function(void *pointer) __ksym __weak;
int found, called;
const volatile int wanted;
SEC("syscall")
int find(void *ctx)
{
	struct task_struct *task = bpf_task_from_pid(wanted);
	if (!task)
		return 1;
	found = task->pid;
	bpf_task_release(task);
	if (bpf_no_such_function) {
		called = 1;
		bpf_no_such_function(0);
	}
	return 0;
}
