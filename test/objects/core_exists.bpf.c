/* Does the kernel have it? */
#include "test.h"
struct task_struct { int pid; int no_such_member; } CORE;
struct no_such_struct { int member; } CORE;
struct task_struct___other { char pid[4]; } CORE;
enum bpf_map_type___local { BPF_MAP_TYPE_HASH___local = 100, BPF_MAP_TYPE_NO_SUCH = 101 };
int pid = -1, missing = -1, nowhere = -1, wrong_type = -1;
int type = -1, no_type = -1, value = -1, no_value = -1;
SEC("syscall")
int ask(void *ctx)
{
	struct task_struct *task = 0;
	struct no_such_struct *other = 0;
	struct task_struct___other *flavor = 0;
	pid = bpf_core_field_exists(task->pid);
	missing = bpf_core_field_exists(task->no_such_member);
	nowhere = bpf_core_field_exists(other->member);
	wrong_type = bpf_core_field_exists(flavor->pid);
	type = bpf_core_type_exists(struct task_struct);
	no_type = bpf_core_type_exists(struct no_such_struct);
	value = bpf_core_enum_value_exists(enum bpf_map_type___local, BPF_MAP_TYPE_HASH___local);
	no_value = bpf_core_enum_value_exists(enum bpf_map_type___local, BPF_MAP_TYPE_NO_SUCH);
	return 0;
}
