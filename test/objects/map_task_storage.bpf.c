/* A value at each task. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} calls SEC(".maps");
TARGET;
struct task_struct {} CORE;
SEC("tp_btf/sys_enter")
int BPF_PROG(enter, void *regs, long id)
{
	__u64 *value;
	if (!OF_TARGET || id != 110)
		return 0;
	value = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}
