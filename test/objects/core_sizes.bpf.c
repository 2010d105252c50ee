/* Sizes and signs of fields and types, values of enums, ids of types. */
#include "test.h"
struct task_struct { int pid; char comm[1]; unsigned int flags; void *stack; int prio; } CORE;
struct no_such_struct { int x; } CORE;
enum bpf_map_type___local { BPF_MAP_TYPE_RINGBUF___local = 1000 };
typedef struct { int x; } atomic_t;
__u64 pid, comm, stack, comm_element, prio_signed, flags_signed;
__u64 task, atomic, nothing = 1, ringbuf;
__u32 local_id, target_id, no_id = 1;
SEC("syscall")
int measure(void *ctx)
{
	struct task_struct *t = 0;
	pid = bpf_core_field_size(t->pid);
	comm = bpf_core_field_size(t->comm);
	comm_element = bpf_core_field_size(t->comm[0]);
	stack = bpf_core_field_size(t->stack);
	prio_signed = __builtin_preserve_field_info(t->prio, BPF_FIELD_SIGNED);
	flags_signed = __builtin_preserve_field_info(t->flags, BPF_FIELD_SIGNED);
	task = bpf_core_type_size(struct task_struct);
	atomic = bpf_core_type_size(atomic_t);
	nothing = bpf_core_type_size(struct no_such_struct);
	ringbuf = bpf_core_enum_value(enum bpf_map_type___local, BPF_MAP_TYPE_RINGBUF___local);
	local_id = bpf_core_type_id_local(struct task_struct);
	target_id = bpf_core_type_id_kernel(struct task_struct);
	no_id = bpf_core_type_id_kernel(struct no_such_struct);
	return 0;
}
