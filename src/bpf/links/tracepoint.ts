/** Tracepoints by category and name, through perf. */
import { readFileSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { needs, PERF_TYPE, tracefs } from '../sys/index.ts';
import { Link } from './link.ts';
import { attachToEvent, openEvent } from './perf.ts';

type Spec = LinkSpec & { readonly kind: 'tracepoint' };

export function attachTracepoint(spec: Spec, program: Program): Link {
  const doing = `attaching tracepoint:${spec.category}:${spec.event}`;
  const config = tracepointId(spec, doing);
  // The event is on one CPU, the program runs on all: tracepoints call every program that is on any of their events.
  const event = openEvent({ type: PERF_TYPE.tracepoint, config, sample_period: 1n }, -1, 0, doing);
  return new Link({ kind: spec.kind, program: spec.program, ...attachToEvent(program.fd, event, spec.cookie, doing) });
}

function tracepointId(spec: Spec, doing: string): bigint {
  try {
    return BigInt(readFileSync(`${tracefs()}/events/${spec.category}/${spec.event}/id`, 'utf8').trim());
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw new PebbleError('no-target', {
        doing,
        what: 'this kernel has no such tracepoint',
        hint: `ls ${tracefs()}/events lists what it has`,
      });
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new PebbleError('privilege', {
        doing,
        what: 'the tracing file system may not be read',
        hint: needs('CAP_DAC_READ_SEARCH'),
      });
    }
    throw cause;
  }
}
