/* Keys and values of uncommon types. */
#include "test.h"
typedef unsigned __int128 wide;
struct packed { __u8 a; __u32 b; __u64 c; } __attribute__((packed));
enum color { RED, GREEN = 5, BLUE = -2 };
union either { struct { __u16 low, high; }; __u32 word; float real; };
struct list { struct list *next; int value; };
#define HASH(name, k, v) struct { \
	__uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, k); __type(value, v); } name SEC(".maps")
HASH(by_wide, wide, struct { __int128 low; enum color colors[2]; char names[2][4]; _Bool flags[2]; __s16 square[2][2]; });
HASH(by_packed, struct packed, union either);
HASH(by_color, enum color, char[12]);
HASH(by_list, struct list, _Bool);
HASH(by_signed, __s64, __u64[2]);
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 3);
	__uint(value_size, 5);
} by_bytes SEC(".maps");
SEC("syscall")
int fill(void *ctx)
{
	wide number = ((wide)0x1122334455667788ULL << 64) | 0x99aabbccddeeff00ULL;
	struct { __int128 low; enum color colors[2]; char names[2][4]; _Bool flags[2]; __s16 square[2][2]; } big = {
		-5, { GREEN, 99 }, { "abc", { 'w', 'x', 'y', 'z' } }, { 0, 1 }, { { 0, 0 }, { -300, 0 } } };
	struct packed packed = { 1, 0xdeadbeef, 3 };
	union either either = { .word = 0x00020001 };
	enum color color = BLUE;
	char text[12] = "say \"hi\"\n";
	struct list list = { 0, 4 };
	_Bool yes = 1;
	__s64 negative = -1099511627776LL;
	__u64 two[2] = { 1, ~0ULL };
	bpf_map_update_elem(&by_wide, &number, &big, BPF_ANY);
	bpf_map_update_elem(&by_packed, &packed, &either, BPF_ANY);
	bpf_map_update_elem(&by_color, &color, text, BPF_ANY);
	bpf_map_update_elem(&by_list, &list, &yes, BPF_ANY);
	bpf_map_update_elem(&by_signed, &negative, two, BPF_ANY);
	bpf_map_update_elem(&by_bytes, "abc", "12345", BPF_ANY);
	return 0;
}
