/* One program that is loaded, one that is not, one that could not be. */
#include "test.h"
int runs;
SEC("syscall")
int always(void *ctx)
{
	runs++;
	return 1;
}
SEC("?tp_btf/no_such_tracepoint")
int never(void *ctx)
{
	return 0;
}
SEC("?fentry")
int anywhere(void *ctx)
{
	return 0;
}
