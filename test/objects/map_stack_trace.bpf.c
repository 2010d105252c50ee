/* Stacks by id. */
#include "test.h"
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(key_size, 4);
	__uint(value_size, 32 * 8);
} stacks SEC(".maps");
TARGET;
long id = -1;
SEC("tp/syscalls/sys_enter_getppid")
int stack(void *ctx)
{
	if (OF_TARGET)
		id = bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}
