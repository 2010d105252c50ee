/** Raw tracepoints by name: the program sees the arguments of the tracepoint's call site. */
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { ENOENT, EPERM, must, needs, rawTracepointOpen } from '../sys/index.ts';
import { Link } from './link.ts';

type Spec = LinkSpec & { readonly kind: 'raw_tracepoint' };

export function attachRawTracepoint(spec: Spec, program: Program): Link {
  const doing = `attaching raw_tracepoint:${spec.event}`;
  const fd = must(rawTracepointOpen(program.fd, spec.event, spec.cookie), doing, (errno) => {
    if (errno === ENOENT) return 'this kernel has no tracepoint of that name (the category is not part of it)';
    return errno === EPERM ? needs('CAP_BPF and CAP_PERFMON') : undefined;
  });
  return new Link({ kind: spec.kind, program: spec.program, strategy: 'raw_tracepoint_open', fds: [fd] });
}
