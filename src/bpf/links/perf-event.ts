/** Programs on samples of a clock or counter, on every CPU or on one process; and on accesses to an address. */
import { PebbleError } from '../../base/errors.ts';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { onlineCpus, PERF_FLAG, PERF_TYPE, type PerfEventAttr } from '../sys/index.ts';
import { Link } from './link.ts';
import { attachToEvent, attachToEvents, openEvent } from './perf.ts';

/** HW_BREAKPOINT_* (linux/hw_breakpoint.h). */
const ACCESS: Record<string, number> = { r: 1, w: 2, rw: 3, x: 4 };

export function attachPerfEvent(spec: LinkSpec & { readonly kind: 'perf_event' }, program: Program): Link {
  const doing = `attaching to samples of perf event ${spec.type}:${spec.config}`;
  const attr: PerfEventAttr = {
    type: spec.type,
    config: spec.config,
    sample_period: spec.period ?? spec.frequency ?? 1,
    flags: spec.period === undefined && spec.frequency !== undefined ? PERF_FLAG.freq : 0n,
  };
  return attachOnCpus(spec, attr, program, doing);
}

export function attachWatchpoint(spec: LinkSpec & { readonly kind: 'watchpoint' }, program: Program): Link {
  const doing = `attaching watchpoint:0x${spec.address.toString(16)}:${spec.length}:${spec.mode}`;
  const access = ACCESS[[...spec.mode].sort().join('')];
  if (access === undefined) {
    throw new PebbleError('semantic', { doing, what: `mode "${spec.mode}" is none of r, w, rw, x` });
  }
  const attr: PerfEventAttr = {
    type: PERF_TYPE.breakpoint,
    bp_type: access,
    config1: spec.address,
    config2: access === ACCESS.x ? 8 : spec.length,
    sample_period: 1,
  };
  return attachOnCpus(spec, attr, program, doing);
}

function attachOnCpus(
  spec: LinkSpec & { readonly pid?: number; readonly cpu?: number },
  attr: PerfEventAttr,
  program: Program,
  doing: string,
): Link {
  const cpus = spec.cpu !== undefined ? [spec.cpu] : spec.pid !== undefined ? [-1] : onlineCpus();
  const attached = attachToEvents(cpus, (cpu) =>
    attachToEvent(program.fd, openEvent(attr, spec.pid ?? -1, cpu, doing), spec.cookie, doing),
  );
  return new Link({ kind: spec.kind, program: spec.program, ...attached });
}
