/* Static and global functions, one below the other, in .text; and a weak one. */
#include "test.h"
int result, depth;
static noinline int leaf(int x)
{
	depth++;
	return x + 1;
}
static noinline int middle(int x)
{
	return leaf(x) * leaf(x + 1);
}
noinline int exported(int x)
{
	return middle(x) + 100;
}
__weak noinline int replaceable(int x)
{
	return exported(x) + result;
}
__hidden noinline int fill(int *out)
{
	*out = 5;
	return 1;
}
SEC("syscall")
int run(void *ctx)
{
	int local = 0;
	result = fill(&local);
	result = replaceable(3) + local + leaf(0);
	return result;
}
SEC("syscall")
int run_again(void *ctx)
{
	return leaf(8);
}
