/** What a program is, before a kernel has it: plain data. */
import type { Instruction } from '../asm/instruction.ts';

/** How a program is entered; it fixes program type, expected attach type and context. */
export type ProgramKind =
  | 'tracepoint'
  | 'raw_tracepoint'
  | 'raw_tracepoint_writable'
  /** BTF-typed raw tracepoint. */
  | 'tp_btf'
  | 'fentry'
  | 'fexit'
  | 'fmod_ret'
  | 'lsm'
  | 'iter'
  | 'kprobe'
  | 'kprobe_multi'
  | 'kprobe_session'
  | 'uprobe_multi'
  | 'uprobe_session'
  | 'perf_event'
  | 'syscall'
  // Packets, sockets, cgroups: loaded here, attached by whoever knows to what.
  | 'cgroup_device'
  | 'cgroup_skb'
  | 'cgroup_sock'
  | 'cgroup_sock_addr'
  | 'cgroup_sockopt'
  | 'cgroup_sysctl'
  | 'flow_dissector'
  | 'lirc_mode2'
  | 'lsm_cgroup'
  | 'lwt_in'
  | 'lwt_out'
  | 'lwt_seg6local'
  | 'lwt_xmit'
  | 'netfilter'
  | 'sched_act'
  | 'sched_cls'
  | 'sk_lookup'
  | 'sk_msg'
  | 'sk_reuseport'
  | 'sk_skb'
  | 'sock_ops'
  | 'socket_filter'
  | 'xdp';

export interface FunctionSpec {
  readonly name: string;
  /** Number of arguments (0–5). The first function takes the context. */
  readonly parameters: number;
  readonly insns: readonly Instruction[];
  /** The verifier looks at it once, alone, whatever its callers pass (numbers only): a global function. Else a static one. */
  readonly isGlobal?: boolean;
  /** Its `func` in the collection's BTF. */
  readonly type?: number;
}

export interface ProgramSpec {
  /** Unique in its collection; the kernel sees the first 15 bytes, unless it has a name of its own there. */
  readonly name: string;
  /** What `bpftool prog` and other tools of the host call it. */
  readonly kernelName?: string;
  /** What the kernel's symbols, and with them perf and stacks, call its first function; absent: by its own name. */
  readonly entryName?: string;
  readonly kind: ProgramKind;
  /** For tp_btf, fentry, fexit, lsm, iter: the kernel's name of the hook, resolved through BTF when loading. */
  readonly attachTo?: string;
  /** The module that has it; absent: the kernel, or any module. */
  readonly attachModule?: string;
  /** Id of another eBPF program: its first function is the hook. */
  readonly attachProgram?: number;
  /** May sleep (uprobes, fentry of sleepable functions). */
  readonly sleepable?: boolean;
  /** expected_attach_type, for kinds that leave a choice (cgroup_skb: ingress or egress). */
  readonly attachType?: number;
  /** Flags of BPF_PROG_LOAD besides, as the kernel numbers them. */
  readonly flags?: number;
  /** The entry first, then the functions that it calls. */
  readonly functions: readonly FunctionSpec[];
  /** The kernel wants "GPL" or "Dual BSD/GPL" for most tracing helpers. */
  readonly license: string;
}
