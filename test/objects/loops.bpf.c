/* Arithmetic and control flow that every instruction set compiles in its own way. */
#include "test.h"
__u32 words[16];
__u64 sum;
__s32 least = 0x7fffffff;
SEC("syscall")
int work(void *ctx)
{
	__u32 seed = 17;
	for (int i = 0; i < 16; i++) {
		seed = seed * 1103515245 + 12345;
		words[i] = seed >> 16;
		sum += words[i];
		if ((__s32)seed < least)
			least = seed;
	}
	__sync_fetch_and_add(&sum, 1);
	return sum & 0xff;
}
