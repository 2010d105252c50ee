/* Samples of a clock: the section names no event, so somebody has to attach it. */
#include "test.h"
__u64 samples;
SEC("perf_event")
int sample(void *ctx)
{
	__sync_fetch_and_add(&samples, 1);
	return 0;
}
