/* A program to put probes on: calls `work` as often as it is told, each time with a USDT probe. */
#include <stdio.h>
#include <stdlib.h>

/* The note of a USDT probe as sys/sdt.h writes it: three arguments, in a register, in memory, and constant. */
#define STEP(a, b)                                                         \
	__asm__ volatile("990: nop\n"                                           \
			 ".pushsection .note.stapsdt,\"?\",\"note\"\n"           \
			 ".balign 4\n"                                           \
			 ".4byte 992f-991f, 994f-993f, 3\n"                      \
			 "991: .asciz \"stapsdt\"\n"                             \
			 "992: .balign 4\n"                                      \
			 "993: .8byte 990b\n"                                    \
			 ".8byte _.stapsdt.base\n"                               \
			 ".8byte 0\n"                                            \
			 ".asciz \"test\"\n"                                     \
			 ".asciz \"step\"\n"                                     \
			 ".asciz \"-4@%0 8@%1 -4@$-9\"\n"                        \
			 "994: .balign 4\n"                                      \
			 ".popsection\n"                                         \
			 ".ifndef _.stapsdt.base\n"                              \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
			 ".weak _.stapsdt.base\n"                                \
			 ".hidden _.stapsdt.base\n"                              \
			 "_.stapsdt.base: .space 1\n"                            \
			 ".size _.stapsdt.base, 1\n"                             \
			 ".popsection\n"                                         \
			 ".endif\n" ::"r"(a),                                    \
			 "m"(b))

volatile long memory;

__attribute__((noinline)) int work(int x)
{
	memory = 1000 + x;
	STEP(-x, memory);
	return x * 2;
}
__attribute__((noinline)) int work_more(int x) { __asm__ volatile(""); return x + 1; }
__attribute__((noinline)) int work_less(int x) { __asm__ volatile(""); return x - 1; }

int main(int argc, char **argv)
{
	int sum = 0;
	for (int i = 0; i < atoi(argv[1]); i++)
		sum += work(i) + work_more(i) + work_less(i);
	printf("%d\n", sum);
	return 0;
}
