/** profile and interval: the CPU clock's perf event, on every CPU or on one. */
import { type Pace, parsePace, TIME_UNITS } from './duration.ts';
import type { ProbeKind, ProbePoint } from './kind.ts';

/** PERF_TYPE_SOFTWARE and PERF_COUNT_SW_CPU_CLOCK (linux/perf_event.h). */
const SOFTWARE = 1;
const CPU_CLOCK = 0n;

function timed(name: string, shortName: string, doc: string, cpu: { cpu?: number }): ProbeKind {
  const kind: ProbeKind = {
    names: [name, shortName],
    counts: [1, 2],
    usage: [`${name}:hz:N`, `${name}:us:N`, `${name}:ms:N`, `${name}:s:N`, `${name}:99ms`],
    doc,
    space: 'unknown',
    isTimed: true,
    expand(point, { diagnostics, pid }) {
      const pace = parsePace(name, point.parts.slice(1));
      if (pace === undefined || typeof pace === 'string') {
        diagnostics.error(point.span, pace ?? `${name} probe needs a time: ${name}:UNIT:COUNT or ${name}:99ms`, {
          hints: [`units: ${TIME_UNITS.join(', ')}`],
        });
        return [];
      }
      return [
        point_(
          kind,
          `${name}:${point.parts.length > 2 ? point.parts.slice(1).join(':') : unitsOf(pace)}`,
          pace,
          cpu.cpu === undefined ? { ...(pid !== undefined && { pid }) } : cpu,
        ),
      ];
    },
  };
  return kind;
}

/** `interval:100ms` is called `interval:us:100000`, as by bpftrace. */
const unitsOf = ({ frequency, period }: Pace): string =>
  frequency === undefined ? `us:${Number(period) / 1000}` : `hz:${frequency}`;

function point_(kind: ProbeKind, name: string, pace: Pace, where: { cpu?: number; pid?: number }): ProbePoint {
  const every = pace.frequency === undefined ? { period: pace.period } : { frequency: pace.frequency };
  return {
    name,
    kind,
    program: 'perf_event',
    context: 'bpf_perf_event_data',
    how: 'attach',
    links: [{ kind: 'perf_event', type: SOFTWARE, config: CPU_CLOCK, ...every, ...where }],
  };
}

export const profile = timed('profile', 'p', 'Fires at a rate on every CPU: for sampling.', {});
export const interval = timed('interval', 'i', 'Fires at a rate on one CPU: for periodic output.', { cpu: 0 });
