/* Every kind of type as a value. */
#include "test.h"
enum state { IDLE, RUNNING = 3, DONE = -1 };
enum wide { SMALL = 1, LARGE = 0x100000000ULL };
typedef struct { __u16 port; __u8 raw[4]; } endpoint_t;
struct everything {
	__s8 tiny;
	_Bool yes, no;
	char letter;
	char text[8];
	__u64 huge;
	__s64 negative;
	enum state state, unknown;
	enum wide wide;
	struct { __u32 low : 5, high : 12; __s32 sign : 4; enum state phase : 3; } bits;
	union { __u32 word; __u8 bytes[4]; };
	struct { int a; struct { int b; }; } nested;
	endpoint_t ends[2];
	int matrix[2][3];
	const volatile int *pointer;
	int (*function)(int);
	float real;
	double precise;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct everything);
} values SEC(".maps");
SEC("syscall")
int fill(void *ctx)
{
	struct everything *v = bpf_map_lookup_elem(&values, &(__u32){ 0 });
	if (!v)
		return 1;
	v->tiny = -3;
	v->yes = 1;
	v->letter = 'x';
	__builtin_memcpy(v->text, "hello\0!", 8);
	v->huge = 0xfedcba9876543210ULL;
	v->negative = -5000000000LL;
	v->state = RUNNING;
	v->unknown = 77;
	v->wide = SMALL;
	v->bits.low = 21;
	v->bits.high = 3000;
	v->bits.sign = -2;
	v->bits.phase = RUNNING;
	v->word = 0x04030201;
	v->nested.a = 1;
	v->nested.b = 2;
	v->ends[1].port = 5432;
	v->ends[1].raw[3] = 255;
	v->matrix[1][2] = 6;
	v->pointer = (void *)0xdeadbeefULL;
	*(__u32 *)&v->real = 0x3fc00000;
	*(__u64 *)&v->precise = 0xc000000000000000ULL;
	return 0;
}
