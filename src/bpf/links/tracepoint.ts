/** Tracepoints by category and name, through perf. */
import { readFileSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import type { Program } from '../programs/index.ts';
import type { LinkSpec } from '../spec/index.ts';
import { EACCES, KernelError, needs, PERF_FLAG, PERF_TYPE, tracefs } from '../sys/index.ts';
import { Link } from './link.ts';
import { attachToEvent, openEvent, type PerfAttachment } from './perf.ts';

type Spec = LinkSpec & { readonly kind: 'tracepoint' };

export function attachTracepoint(spec: Spec, program: Program): Link {
  const doing = `attaching tracepoint:${spec.category}:${spec.event}`;
  const config = tracepointId(spec, doing);
  // The event is on one CPU, the program runs on all: tracepoints call every program that is on any of their events.
  const attr = { type: PERF_TYPE.tracepoint, config, sample_period: 1n, flags: PERF_FLAG.disabled };
  const event = openEvent(attr, -1, 0, doing);
  return new Link({ kind: spec.kind, program: spec.program, ...attached(spec, program, event, doing) });
}

/** kernel/events/core.c, perf_event_set_bpf_prog: EACCES is for what lies beyond the fields, whoever asks. */
function attached(spec: Spec, program: Program, event: number, doing: string): PerfAttachment {
  try {
    return attachToEvent(program.fd, event, spec.cookie, doing, { enable: false });
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== EACCES) throw error;
    throw new PebbleError('no-target', {
      doing,
      what: 'the program reads beyond the fields of this tracepoint',
      hint: `${formatOf(spec)} lists them with their offsets and sizes`,
      cause: error,
    });
  }
}

/** Where people look, also when it is mounted for this process alone. */
function formatOf({ category, event }: Spec): string {
  return `/sys/kernel/tracing/events/${category}/${event}/format`;
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
        hint: `pebble trace -l 'tracepoint:${spec.category}:*' lists what it has`,
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
