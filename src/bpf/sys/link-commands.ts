/** bpf(2) commands that attach programs. Records of LINK_CREATE differ after their first four fields. */
import { record, u32, u64 } from '../../base/record.ts';
import { scratch } from '../../native/index.ts';
import { COMMAND, run } from './command.ts';

/** enum bpf_attach_type (linux/bpf.h), as far as we use it. */
export const ATTACH_TYPE = {
  none: 0,
  cgroup_inet_ingress: 0,
  cgroup_inet_egress: 1,
  trace_raw_tp: 23,
  trace_fentry: 24,
  trace_fexit: 25,
  modify_return: 26,
  lsm_mac: 27,
  trace_iter: 28,
  xdp: 37,
  perf_event: 41,
  trace_kprobe_multi: 42,
  lsm_cgroup: 43,
  trace_uprobe_multi: 48,
  trace_kprobe_session: 56,
  trace_uprobe_session: 57,
} as const;

const RAW_TRACEPOINT = record('raw_tracepoint_open', { name: u64, prog_fd: u32, pad: u32, cookie: u64 });

/** Without a name: programs that know their hook by BTF. */
export function rawTracepointOpen(program: number, name?: string, cookie = 0n): number {
  return scratch((arena) =>
    run(COMMAND.RAW_TRACEPOINT_OPEN, RAW_TRACEPOINT, {
      name: name === undefined ? 0 : arena.text(name),
      prog_fd: program,
      cookie,
    }),
  );
}

const HEAD = { prog_fd: u32, target_fd: u32, attach_type: u32, flags: u32 };
const PERF_EVENT = record('link_create_perf_event', { ...HEAD, bpf_cookie: u64 });

export function linkPerfEvent(program: number, event: number, cookie = 0n): number {
  return run(COMMAND.LINK_CREATE, PERF_EVENT, {
    prog_fd: program,
    target_fd: event,
    attach_type: ATTACH_TYPE.perf_event,
    bpf_cookie: cookie,
  });
}

const TRACING = record('link_create_tracing', { ...HEAD, target_btf_id: u32, pad: u32, cookie: u64 });

/** fentry, fexit, fmod_ret, lsm, tp_btf: the hook is in the program (Linux 5.18 with a cookie). */
export function linkTracing(program: number, attachType: number, cookie = 0n): number {
  return run(COMMAND.LINK_CREATE, TRACING, { prog_fd: program, attach_type: attachType, cookie });
}

const ITER = record('link_create_iter', { ...HEAD, iter_info: u64, iter_info_len: u32 });

/** `info` is a union bpf_iter_link_info: which map, task or cgroup to walk. */
export function linkIter(program: number, info?: Uint8Array): number {
  return scratch((arena) =>
    run(COMMAND.LINK_CREATE, ITER, {
      prog_fd: program,
      attach_type: ATTACH_TYPE.trace_iter,
      ...(info ? { iter_info: arena.bytes(info), iter_info_len: info.length } : {}),
    }),
  );
}

const KPROBE_MULTI = record('link_create_kprobe_multi', {
  ...HEAD,
  multi_flags: u32,
  cnt: u32,
  syms: u64,
  addrs: u64,
  cookies: u64,
});
const UPROBE_MULTI = record('link_create_uprobe_multi', {
  ...HEAD,
  path: u64,
  offsets: u64,
  ref_ctr_offsets: u64,
  cookies: u64,
  cnt: u32,
  multi_flags: u32,
  pid: u32,
});
const MULTI_RETURN = 1;

export interface KprobeMulti {
  readonly program: number;
  readonly symbols: readonly string[];
  readonly cookies?: readonly bigint[];
  readonly atReturn: boolean;
  readonly session?: boolean;
}

export function linkKprobeMulti(multi: KprobeMulti): number {
  return scratch((arena) =>
    run(COMMAND.LINK_CREATE, KPROBE_MULTI, {
      prog_fd: multi.program,
      attach_type: multi.session ? ATTACH_TYPE.trace_kprobe_session : ATTACH_TYPE.trace_kprobe_multi,
      multi_flags: multi.atReturn ? MULTI_RETURN : 0,
      cnt: multi.symbols.length,
      syms: arena.u64s(multi.symbols.map((symbol) => BigInt(arena.text(symbol)))),
      cookies: arena.u64s(multi.cookies ?? []),
    }),
  );
}

export interface UprobeMulti {
  readonly program: number;
  readonly path: string;
  readonly offsets: readonly bigint[];
  readonly semaphoreOffsets?: readonly bigint[];
  readonly cookies?: readonly bigint[];
  readonly atReturn: boolean;
  readonly session?: boolean;
  readonly pid?: number;
}

export function linkUprobeMulti(multi: UprobeMulti): number {
  return scratch((arena) =>
    run(COMMAND.LINK_CREATE, UPROBE_MULTI, {
      prog_fd: multi.program,
      attach_type: multi.session ? ATTACH_TYPE.trace_uprobe_session : ATTACH_TYPE.trace_uprobe_multi,
      path: arena.text(multi.path),
      offsets: arena.u64s(multi.offsets),
      ref_ctr_offsets: arena.u64s(multi.semaphoreOffsets ?? []),
      cookies: arena.u64s(multi.cookies ?? []),
      cnt: multi.offsets.length,
      multi_flags: multi.atReturn ? MULTI_RETURN : 0,
      pid: multi.pid ?? 0,
    }),
  );
}

const ATTACH = record('prog_attach', { target_fd: u32, attach_bpf_fd: u32, attach_type: u32, attach_flags: u32 });

/** The older way, for cgroups: not tied to a descriptor, so it must be undone. */
export function progAttach(program: number, target: number, attachType: number): number {
  return run(COMMAND.PROG_ATTACH, ATTACH, { target_fd: target, attach_bpf_fd: program, attach_type: attachType });
}

export function progDetach(program: number, target: number, attachType: number): number {
  return run(COMMAND.PROG_DETACH, ATTACH, { target_fd: target, attach_bpf_fd: program, attach_type: attachType });
}

const UPDATE = record('link_update', { link_fd: u32, new_prog_fd: u32, flags: u32, old_prog_fd: u32 });

export function linkUpdate(link: number, program: number): number {
  return run(COMMAND.LINK_UPDATE, UPDATE, { link_fd: link, new_prog_fd: program });
}

const DETACH = record('link_detach', { link_fd: u32 });

export function linkDetach(link: number): number {
  return run(COMMAND.LINK_DETACH, DETACH, { link_fd: link });
}

const ITER_CREATE = record('iter_create', { link_fd: u32, flags: u32 });

/** A descriptor to read(2): the iterator's program runs as it is read. */
export function iterCreate(link: number): number {
  return run(COMMAND.ITER_CREATE, ITER_CREATE, { link_fd: link });
}
