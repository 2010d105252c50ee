/** What the kernel calls each kind of program: one row a kind. */
import type { BtfKind } from '../btf/index.ts';
import type { ProgramKind } from '../spec/index.ts';
import { ATTACH_TYPE, needs } from '../sys/index.ts';

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
  tracepoint: 5,
  xdp: 6,
  perf_event: 7,
  cgroup_skb: 8,
  raw_tracepoint: 17,
  raw_tracepoint_writable: 24,
  tracing: 26,
  lsm: 29,
  syscall: 31,
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
  cgroup_skb: { type: TYPE.cgroup_skb, attach: ATTACH_TYPE.none },
  socket_filter: { type: TYPE.socket_filter, attach: ATTACH_TYPE.none },
  sched_cls: { type: TYPE.sched_cls, attach: ATTACH_TYPE.none },
  xdp: { type: TYPE.xdp, attach: ATTACH_TYPE.none },
  syscall: { type: TYPE.syscall, attach: ATTACH_TYPE.none, sleepable: true },
};

/** What to do when the kernel answers EPERM. */
export function permissionHint(kind: ProgramKind): string {
  const patches = kind === 'fentry' || kind === 'fexit' || kind === 'fmod_ret' || kind === 'lsm';
  const others = patches ? '. For root it means that this kernel cannot patch its functions: use a tracepoint' : '';
  return needs('CAP_BPF and CAP_PERFMON') + others;
}
