/* Asks the connection tracker, which most kernels have as a module, for a connection that nobody has. clang -O2 -g -target bpf -c */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
struct nf_conn { unsigned int mark; };
struct bpf_ct_opts___first { int netns_id; int error; __u8 l4proto; __u8 dir; __u8 reserved[2]; };
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *, struct bpf_sock_tuple *, __u32, struct bpf_ct_opts___first *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;
int error, found;
SEC("tc")
int look(struct __sk_buff *packet)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_ct_opts___first options = { .netns_id = BPF_F_CURRENT_NETNS, .l4proto = 6 };
	struct nf_conn *connection = bpf_skb_ct_lookup(packet, &tuple, sizeof(tuple.ipv4), &options, sizeof(options));
	error = options.error;
	if (connection) {
		found = 1;
		bpf_ct_release(connection);
	}
	return 0;
}
