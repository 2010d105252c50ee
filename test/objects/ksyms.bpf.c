/* Symbols of the kernel: by address, by type, and ones that may be missing. */
#include "test.h"
struct rq { unsigned int nr_running; } CORE;
extern const void bpf_prog_put __ksym;
extern const void no_such_symbol __ksym __weak;
extern const struct rq runqueues __ksym;
extern const int no_such_variable __ksym __weak;
__u64 address, missing = 1;
int typed, absent;
SEC("raw_tp")
int look(void *ctx)
{
	address = (__u64)&bpf_prog_put;
	missing = (__u64)&no_such_symbol;
	absent = &no_such_variable ? 0 : 1;
	return 0;
}
SEC("?raw_tp")
int look_by_type(void *ctx)
{
	struct rq *rq = bpf_per_cpu_ptr(&runqueues, 0);
	typed = rq ? 1 : 0;
	return 0;
}
