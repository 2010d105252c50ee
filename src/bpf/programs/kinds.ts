/** What the kernel calls each kind of program: one row a kind. */
import type { BtfKind } from '../btf/index.ts';
import type { ProgramKind } from '../spec/index.ts';
import { ATTACH_TYPE, isRoot, needs } from '../sys/index.ts';

interface KindRow {
  /** enum bpf_prog_type (linux/bpf.h). */
  readonly type: number;
  /** expected_attach_type. Kernels that do not know one of kprobe programs ignore it. */
  readonly attach: number;
  /** How `attachTo` is named in BTF. */
  readonly hook?: { readonly prefix: string; readonly kind: BtfKind };
  /** Runs only where it may sleep. */
  readonly sleepable?: true;
}

const TYPE = {
  socket_filter: 1,
  kprobe: 2,
  sched_cls: 3,
  sched_act: 4,
  tracepoint: 5,
  xdp: 6,
  perf_event: 7,
  cgroup_skb: 8,
  cgroup_sock: 9,
  lwt_in: 10,
  lwt_out: 11,
  lwt_xmit: 12,
  sock_ops: 13,
  sk_skb: 14,
  cgroup_device: 15,
  sk_msg: 16,
  raw_tracepoint: 17,
  cgroup_sock_addr: 18,
  lwt_seg6local: 19,
  lirc_mode2: 20,
  sk_reuseport: 21,
  flow_dissector: 22,
  cgroup_sysctl: 23,
  raw_tracepoint_writable: 24,
  cgroup_sockopt: 25,
  tracing: 26,
  lsm: 29,
  sk_lookup: 30,
  syscall: 31,
  netfilter: 32,
} as const;

const FUNCTION = { prefix: '', kind: 'func' } as const;

export const PROGRAM_KINDS: Record<ProgramKind, KindRow> = {
  tracepoint: { type: TYPE.tracepoint, attach: ATTACH_TYPE.none },
  raw_tracepoint: { type: TYPE.raw_tracepoint, attach: ATTACH_TYPE.none },
  raw_tracepoint_writable: { type: TYPE.raw_tracepoint_writable, attach: ATTACH_TYPE.none },
  tp_btf: { type: TYPE.tracing, attach: ATTACH_TYPE.trace_raw_tp, hook: { prefix: 'btf_trace_', kind: 'typedef' } },
  fentry: { type: TYPE.tracing, attach: ATTACH_TYPE.trace_fentry, hook: FUNCTION },
  fexit: { type: TYPE.tracing, attach: ATTACH_TYPE.trace_fexit, hook: FUNCTION },
  fmod_ret: { type: TYPE.tracing, attach: ATTACH_TYPE.modify_return, hook: FUNCTION },
  lsm: { type: TYPE.lsm, attach: ATTACH_TYPE.lsm_mac, hook: { prefix: 'bpf_lsm_', kind: 'func' } },
  iter: { type: TYPE.tracing, attach: ATTACH_TYPE.trace_iter, hook: { prefix: 'bpf_iter_', kind: 'func' } },
  kprobe: { type: TYPE.kprobe, attach: ATTACH_TYPE.none },
  kprobe_multi: { type: TYPE.kprobe, attach: ATTACH_TYPE.trace_kprobe_multi },
  kprobe_session: { type: TYPE.kprobe, attach: ATTACH_TYPE.trace_kprobe_session },
  uprobe_multi: { type: TYPE.kprobe, attach: ATTACH_TYPE.trace_uprobe_multi },
  uprobe_session: { type: TYPE.kprobe, attach: ATTACH_TYPE.trace_uprobe_session },
  perf_event: { type: TYPE.perf_event, attach: ATTACH_TYPE.none },
  lsm_cgroup: { type: TYPE.lsm, attach: ATTACH_TYPE.lsm_cgroup, hook: { prefix: 'bpf_lsm_', kind: 'func' } },
  cgroup_device: { type: TYPE.cgroup_device, attach: ATTACH_TYPE.none },
  cgroup_skb: { type: TYPE.cgroup_skb, attach: ATTACH_TYPE.none },
  cgroup_sock: { type: TYPE.cgroup_sock, attach: ATTACH_TYPE.none },
  cgroup_sock_addr: { type: TYPE.cgroup_sock_addr, attach: ATTACH_TYPE.none },
  cgroup_sockopt: { type: TYPE.cgroup_sockopt, attach: ATTACH_TYPE.none },
  cgroup_sysctl: { type: TYPE.cgroup_sysctl, attach: ATTACH_TYPE.none },
  flow_dissector: { type: TYPE.flow_dissector, attach: ATTACH_TYPE.none },
  lirc_mode2: { type: TYPE.lirc_mode2, attach: ATTACH_TYPE.none },
  lwt_in: { type: TYPE.lwt_in, attach: ATTACH_TYPE.none },
  lwt_out: { type: TYPE.lwt_out, attach: ATTACH_TYPE.none },
  lwt_seg6local: { type: TYPE.lwt_seg6local, attach: ATTACH_TYPE.none },
  lwt_xmit: { type: TYPE.lwt_xmit, attach: ATTACH_TYPE.none },
  netfilter: { type: TYPE.netfilter, attach: ATTACH_TYPE.none },
  sched_act: { type: TYPE.sched_act, attach: ATTACH_TYPE.none },
  sched_cls: { type: TYPE.sched_cls, attach: ATTACH_TYPE.none },
  sk_lookup: { type: TYPE.sk_lookup, attach: ATTACH_TYPE.none },
  sk_msg: { type: TYPE.sk_msg, attach: ATTACH_TYPE.none },
  sk_reuseport: { type: TYPE.sk_reuseport, attach: ATTACH_TYPE.none },
  sk_skb: { type: TYPE.sk_skb, attach: ATTACH_TYPE.none },
  sock_ops: { type: TYPE.sock_ops, attach: ATTACH_TYPE.none },
  socket_filter: { type: TYPE.socket_filter, attach: ATTACH_TYPE.none },
  xdp: { type: TYPE.xdp, attach: ATTACH_TYPE.none },
  syscall: { type: TYPE.syscall, attach: ATTACH_TYPE.none, sleepable: true },
};

/** What to do when the kernel answers EPERM. */
export function permissionHint(kind: ProgramKind): string {
  const patches = kind === 'fentry' || kind === 'fexit' || kind === 'fmod_ret' || kind === 'lsm';
  if (patches && isRoot()) return 'root may, so this kernel cannot patch its functions: use a tracepoint';
  return needs('CAP_BPF and CAP_PERFMON');
}
