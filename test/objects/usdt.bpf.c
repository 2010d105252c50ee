/* A USDT probe with arguments in registers, memory and constants. */
#include "test.h"
#include <bpf/usdt.bpf.h>
__u64 fired;
long first, second, third;
int count;
SEC("usdt/" BINARY ":test:step")
int BPF_USDT(step, long a, long b, long c)
{
	__sync_fetch_and_add(&fired, 1);
	first = a;
	second = b;
	third = c;
	count = bpf_usdt_arg_cnt(ctx);
	return 0;
}
