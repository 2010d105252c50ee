/** Programs on samples of a clock or counter, on every CPU or on one process; and on accesses to an address. */
import { readdirSync } from 'node:fs';
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
  const attached =
    spec.pid === undefined
      ? attachToEvents(spec.cpu !== undefined ? [spec.cpu] : onlineCpus(), (cpu) =>
          attachToEvent(program.fd, openEvent(attr, -1, cpu, doing), spec.cookie, doing),
        )
      : attachToEvents(threadsOf(spec.pid), (thread) =>
          attachToEvent(program.fd, openEvent(inherited(attr), thread, spec.cpu ?? -1, doing), spec.cookie, doing),
        );
  return new Link({ kind: spec.kind, program: spec.program, ...attached });
}

/** Threads and children that come later get the event, too. */
const inherited = (attr: PerfEventAttr): PerfEventAttr => ({
  ...attr,
  flags: BigInt(attr.flags ?? 0) | PERF_FLAG.inherit,
});

/** All that there are now; the process alone where it has just ended, so that the kernel says so. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}
