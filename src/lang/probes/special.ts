/** begin, end and self:signal: run by the tracer itself, in its own process. */
import type { AttachPoint } from '../syntax/ast.ts';
import type { ExpandContext, ProbeKind, ProbePoint } from './kind.ts';

/** A raw tracepoint program can be run by hand (BPF_PROG_RUN) on any kernel since 5.10. */
function byHand(kind: ProbeKind, name: string, how: ProbePoint['how'], signal?: string): ProbePoint {
  return { name, kind, program: 'raw_tracepoint', how, links: [], ...(signal && { signal }) };
}

export const begin: ProbeKind = {
  names: ['begin', 'BEGIN'],
  counts: [0],
  usage: ['begin'],
  doc: 'Runs once, before any other probe fires.',
  space: 'unknown',
  expand: () => [byHand(begin, 'begin', 'begin')],
};

export const end: ProbeKind = {
  names: ['end', 'END'],
  counts: [0],
  usage: ['end'],
  doc: 'Runs once, after every other probe is detached.',
  space: 'unknown',
  expand: () => [byHand(end, 'end', 'end')],
};

const SIGNALS = ['SIGUSR1'];

export const self: ProbeKind = {
  names: ['self'],
  counts: [2],
  usage: ['self:signal:SIGUSR1'],
  doc: 'Runs when the tracer itself gets a signal.',
  space: 'unknown',
  expand: expandSelf,
};

function expandSelf(point: AttachPoint, context: ExpandContext): ProbePoint[] {
  const [, event, signal] = point.parts;
  if (event !== 'signal' || signal === undefined) {
    context.diagnostics.error(point.span, `${event} is not a supported trigger`, {
      hints: ['self probes are written self:signal:SIGUSR1'],
    });
    return [];
  }
  if (!SIGNALS.includes(signal)) {
    context.diagnostics.error(point.span, `${signal} is not a supported signal`, {
      hints: [`supported: ${SIGNALS.join(', ')}`],
    });
    return [];
  }
  return [byHand(self, `self:signal:${signal}`, 'signal', signal)];
}
