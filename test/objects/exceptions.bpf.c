/* What a program throws, the function that a tag names takes. */
#include "test.h"
extern void bpf_throw(__u64 cookie) __ksym __attribute__((weak));
noinline int taken(__u64 cookie)
{
	return cookie + 40;
}
SEC("tc")
__attribute__((btf_decl_tag("exception_callback:taken")))
int throwing(struct __sk_buff *skb)
{
	if (skb->len > 100 && bpf_throw)
		bpf_throw(2);
	return 1;
}
