/* Programs for sockets and cgroups: each kind is loaded; to which of them they are attached, the sections do not say. */
#include "test.h"
SEC("cgroup/bind4") int bind4(struct bpf_sock_addr *ctx) { return 1; }
SEC("cgroup/connect6") int connect6(struct bpf_sock_addr *ctx) { return 1; }
SEC("cgroup/getpeername4") int peer(struct bpf_sock_addr *ctx) { return 1; }
SEC("cgroup/sock_create") int create(struct bpf_sock *ctx) { return 1; }
SEC("cgroup/post_bind6") int bound(struct bpf_sock *ctx) { return 1; }
SEC("cgroup/dev") int devices(struct bpf_cgroup_dev_ctx *ctx) { return 1; }
SEC("cgroup/sysctl") int sysctl(struct bpf_sysctl *ctx) { return 1; }
SEC("cgroup/setsockopt") int option(struct bpf_sockopt *ctx) { return 1; }
SEC("sockops") int operations(struct bpf_sock_ops *ctx) { return 1; }
SEC("sk_msg") int message(struct sk_msg_md *ctx) { return SK_PASS; }
SEC("sk_skb/stream_parser") int parser(struct __sk_buff *ctx) { return ctx->len; }
SEC("sk_lookup") int lookup(struct bpf_sk_lookup *ctx) { return SK_PASS; }
SEC("sk_reuseport") int reuse(struct sk_reuseport_md *ctx) { return SK_PASS; }
SEC("flow_dissector") int dissector(struct __sk_buff *ctx) { return BPF_OK; }
SEC("lwt_xmit") int transmit(struct __sk_buff *ctx) { return BPF_OK; }
SEC("action") int acting(struct __sk_buff *ctx) { return 0; }
SEC("tcx/egress") int egress(struct __sk_buff *ctx) { return 0; }
SEC("xdp.frags/cpumap") int frames(struct xdp_md *ctx) { return XDP_PASS; }
