/** Sections of programs for packets, sockets and cgroups: what to load. To which of them they are attached, none says. */
import type { ProgramKind } from '../spec/index.ts';

export interface NetworkRow {
  readonly kind: ProgramKind;
  readonly at: 'device' | 'socket' | 'cgroup' | 'map';
  /** expected_attach_type: enum bpf_attach_type (linux/bpf.h). */
  readonly attachType?: number;
  /** Of BPF_PROG_LOAD. */
  readonly flags?: number;
}

/** BPF_F_XDP_HAS_FRAGS. */
const FRAGS = 1 << 5;

const rowAt =
  (at: NetworkRow['at']) =>
  (kind: ProgramKind, attachType?: number, flags?: number): NetworkRow => ({
    kind,
    at,
    ...(attachType !== undefined && { attachType }),
    ...(flags !== undefined && { flags }),
  });
const device = rowAt('device');
const socket = rowAt('socket');
const cgroup = rowAt('cgroup');
const map = rowAt('map');

/** By prefix, as libbpf's section_defs. */
export const NETWORK_ROWS: Readonly<Record<string, NetworkRow>> = {
  socket: socket('socket_filter'),
  'sk_reuseport/migrate': socket('sk_reuseport', 40),
  sk_reuseport: socket('sk_reuseport', 39),
  sk_lookup: device('sk_lookup', 36),
  'sk_skb/stream_parser': map('sk_skb', 4),
  'sk_skb/stream_verdict': map('sk_skb', 5),
  'sk_skb/verdict': map('sk_skb', 38),
  sk_skb: map('sk_skb'),
  sk_msg: map('sk_msg', 7),
  flow_dissector: device('flow_dissector', 17),
  netfilter: device('netfilter', 45),
  lirc_mode2: device('lirc_mode2', 16),
  lwt_in: device('lwt_in'),
  lwt_out: device('lwt_out'),
  lwt_xmit: device('lwt_xmit'),
  lwt_seg6local: device('lwt_seg6local'),
  xdp: device('xdp', 37),
  'xdp/devmap': map('xdp', 33),
  'xdp/cpumap': map('xdp', 35),
  'xdp.frags': device('xdp', 37, FRAGS),
  'xdp.frags/devmap': map('xdp', 33, FRAGS),
  'xdp.frags/cpumap': map('xdp', 35, FRAGS),
  tc: device('sched_cls'),
  classifier: device('sched_cls'),
  action: device('sched_act'),
  'tc/ingress': device('sched_cls', 46),
  'tc/egress': device('sched_cls', 47),
  'tcx/ingress': device('sched_cls', 46),
  'tcx/egress': device('sched_cls', 47),
  'netkit/primary': device('sched_cls', 54),
  'netkit/peer': device('sched_cls', 55),
  sockops: cgroup('sock_ops', 3),
  'cgroup_skb/ingress': cgroup('cgroup_skb', 0),
  'cgroup_skb/egress': cgroup('cgroup_skb', 1),
  'cgroup/skb': cgroup('cgroup_skb'),
  'cgroup/sock': cgroup('cgroup_sock', 2),
  'cgroup/sock_create': cgroup('cgroup_sock', 2),
  'cgroup/sock_release': cgroup('cgroup_sock', 34),
  'cgroup/post_bind4': cgroup('cgroup_sock', 12),
  'cgroup/post_bind6': cgroup('cgroup_sock', 13),
  'cgroup/bind4': cgroup('cgroup_sock_addr', 8),
  'cgroup/bind6': cgroup('cgroup_sock_addr', 9),
  'cgroup/connect4': cgroup('cgroup_sock_addr', 10),
  'cgroup/connect6': cgroup('cgroup_sock_addr', 11),
  'cgroup/connect_unix': cgroup('cgroup_sock_addr', 49),
  'cgroup/sendmsg4': cgroup('cgroup_sock_addr', 14),
  'cgroup/sendmsg6': cgroup('cgroup_sock_addr', 15),
  'cgroup/sendmsg_unix': cgroup('cgroup_sock_addr', 50),
  'cgroup/recvmsg4': cgroup('cgroup_sock_addr', 19),
  'cgroup/recvmsg6': cgroup('cgroup_sock_addr', 20),
  'cgroup/recvmsg_unix': cgroup('cgroup_sock_addr', 51),
  'cgroup/getpeername4': cgroup('cgroup_sock_addr', 29),
  'cgroup/getpeername6': cgroup('cgroup_sock_addr', 30),
  'cgroup/getpeername_unix': cgroup('cgroup_sock_addr', 52),
  'cgroup/getsockname4': cgroup('cgroup_sock_addr', 31),
  'cgroup/getsockname6': cgroup('cgroup_sock_addr', 32),
  'cgroup/getsockname_unix': cgroup('cgroup_sock_addr', 53),
  'cgroup/sysctl': cgroup('cgroup_sysctl', 18),
  'cgroup/getsockopt': cgroup('cgroup_sockopt', 21),
  'cgroup/setsockopt': cgroup('cgroup_sockopt', 22),
  'cgroup/dev': cgroup('cgroup_device', 6),
};
