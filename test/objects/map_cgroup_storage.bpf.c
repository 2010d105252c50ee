/* Storage at cgroups, and an array of them: they are created; nothing here fills them. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");
struct {
	__uint(type, 32 /* BPF_MAP_TYPE_CGRP_STORAGE, younger than these headers */);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, long);
} storage SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, long);
} old SEC(".maps");
int under = -1;
SEC("tp/syscalls/sys_enter_getppid")
int look(void *ctx)
{
	under = bpf_current_task_under_cgroup(&cgroups, 0);
	return 0;
}
