/* Programs that see packets: loaded, run by hand, attached by nobody. */
#include "test.h"
__u64 lengths[6];
SEC("xdp")
int drop_short(struct xdp_md *ctx)
{
	lengths[0] = ctx->data_end - ctx->data;
	return lengths[0] < 60 ? XDP_DROP : XDP_PASS;
}
SEC("tc")
int shape(struct __sk_buff *skb)
{
	lengths[1] = skb->len;
	return 0;
}
SEC("classifier/old_name")
int old(struct __sk_buff *skb)
{
	lengths[2] = skb->len;
	return 0;
}
SEC("socket")
int filter(struct __sk_buff *skb)
{
	lengths[3] = skb->len;
	return 7;
}
SEC("cgroup_skb/egress")
int leaving(struct __sk_buff *skb)
{
	lengths[4] = skb->len;
	return 1;
}
SEC("cgroup_skb/ingress")
int coming(struct __sk_buff *skb)
{
	lengths[5] = skb->len;
	return 1;
}
