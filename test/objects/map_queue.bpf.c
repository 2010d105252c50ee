/* A queue and a stack give back in the order of their kind. */
#include "test.h"
struct pair { __u16 a; __u16 b; };
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__type(value, struct pair);
} queue SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 8);
	__type(value, __u32);
} stack SEC(".maps");
SEC("raw_tp")
int push(void *ctx)
{
	for (__u32 i = 1; i <= 3; i++) {
		struct pair pair = { i, i * 10 };
		__u32 number = i;
		bpf_map_push_elem(&queue, &pair, 0);
		bpf_map_push_elem(&stack, &number, 0);
	}
	return 0;
}
