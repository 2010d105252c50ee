/* A program that is called with a context of its own. */
#include "test.h"
struct args { __u64 a, b; };
__u64 sum;
SEC("syscall")
int add(struct args *args)
{
	sum = args->a + args->b;
	return 3;
}
