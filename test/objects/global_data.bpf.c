/* Variables of every section, static and global, with and without a first value. */
#include "test.h"
enum color { RED, GREEN = 5, BLUE };
struct point { int x, y; };
const volatile int limit = 3;
const volatile char name[16] = "nobody";
const volatile _Bool verbose;
int counter = 40;
long zeroed;
static volatile int hidden_value = -7;
static __u64 hidden_zero;
struct point point = { 1, -2 };
enum color color = GREEN;
int custom SEC(".data.custom") = 1000;
int far SEC(".bss.far");
const int table[4] SEC(".rodata.table") = { 1, 2, 3, 5 };
int own SEC("my_section") = 77;
SEC("syscall")
int change(void *ctx)
{
	const char text[] = "a string that clang keeps in a section of its own kind";
	__u32 index = bpf_get_smp_processor_id() & 3;
	counter += limit;
	zeroed = hidden_value;
	hidden_zero += text[index] + 1;
	hidden_value = name[0];
	point.x += point.y;
	color = verbose ? BLUE : RED;
	custom++;
	far = table[index & 0] + ((const volatile int *)table)[3];
	own++;
	return 0;
}
