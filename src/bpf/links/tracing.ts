/** Programs that know their hook by BTF: tp_btf, fentry, fexit, fmod_ret, lsm. */
import { type Program, permissionHint } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { ATTACH_TYPE, EINVAL, EPERM, linkTracing, must, rawTracepointOpen } from '../sys/index.ts';
import { Link, type Strategy } from './link.ts';

type Spec = LinkSpec & { readonly kind: 'tracing' };

const ATTACH: Record<string, number> = {
  tp_btf: ATTACH_TYPE.trace_raw_tp,
  fentry: ATTACH_TYPE.trace_fentry,
  fexit: ATTACH_TYPE.trace_fexit,
  fmod_ret: ATTACH_TYPE.modify_return,
  lsm: ATTACH_TYPE.lsm_mac,
};

/** LINK_CREATE came with Linux 5.18; RAW_TRACEPOINT_OPEN without a name has always done it. */
export function attachTracing(spec: Spec, program: Program): Link {
  const doing = `attaching ${program.kind} program "${program.name}"`;
  const created = linkTracing(program.fd, ATTACH[program.kind] ?? 0, spec.cookie);
  const unknown = created === -EINVAL;
  const result = unknown ? rawTracepointOpen(program.fd) : created;
  const strategy: Strategy = unknown ? 'raw_tracepoint_open' : 'link_create';
  const fd = must(result, doing, (errno) => (errno === EPERM ? permissionHint(program.kind) : undefined));
  const warnings = unknown && spec.cookie ? ['this kernel has no cookies here (Linux 5.18): the program sees 0'] : [];
  return new Link({ kind: spec.kind, program: spec.program, strategy, fds: [fd], warnings });
}
