/* Programs that jump to each other through a table with entries from the start. */
#include "test.h"
int next(void *ctx);
int last(void *ctx);
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [0] = (void *)&next, [2] = (void *)&last } };
int order[4], at;
static void mark(int who)
{
	order[at & 3] = who;
	at++;
}
SEC("raw_tp")
int entry(void *ctx)
{
	mark(1);
	bpf_tail_call(ctx, &jumps, 0);
	return 1;
}
SEC("raw_tp")
int next(void *ctx)
{
	mark(2);
	bpf_tail_call(ctx, &jumps, 1);
	bpf_tail_call(ctx, &jumps, 2);
	return 1;
}
SEC("raw_tp")
int last(void *ctx)
{
	mark(3);
	return 42;
}
