/** software and hardware: the kernel's perf counters, firing every COUNT events. */
import { didYouMean } from '../diagnostics/index.ts';
import { notANumber, parseCount } from './duration.ts';
import type { ProbeKind } from './kind.ts';

interface Counter {
  readonly config: bigint;
  readonly alias?: string;
  /** Events between two firings, when the script does not say. */
  readonly count: bigint;
}

const rare = (config: bigint, alias?: string): Counter => ({ config, count: 100n, ...(alias && { alias }) });
const frequent = (config: bigint, alias?: string): Counter => ({ config, count: 1_000_000n, ...(alias && { alias }) });

/** enum perf_sw_ids and perf_hw_id (linux/perf_event.h). */
const SOFTWARE: Readonly<Record<string, Counter>> = {
  'cpu-clock': { config: 0n, alias: 'cpu', count: 1_000_000n },
  'task-clock': { config: 1n, count: 1_000_000n },
  'page-faults': rare(2n, 'faults'),
  'context-switches': { config: 3n, alias: 'cs', count: 1000n },
  'cpu-migrations': { config: 4n, count: 1n },
  'minor-faults': rare(5n),
  'major-faults': { config: 6n, count: 1n },
  'alignment-faults': { config: 7n, count: 1n },
  'emulation-faults': { config: 8n, count: 1n },
  dummy: { config: 9n, count: 1n },
  'bpf-output': { config: 10n, count: 1n },
};
const HARDWARE: Readonly<Record<string, Counter>> = {
  'cpu-cycles': frequent(0n, 'cycles'),
  instructions: frequent(1n),
  'cache-references': frequent(2n),
  'cache-misses': frequent(3n),
  'branch-instructions': { config: 4n, alias: 'branches', count: 100_000n },
  'branch-misses': { config: 5n, count: 100_000n },
  'bus-cycles': { config: 6n, count: 100_000n },
  'frontend-stalls': frequent(7n),
  'backend-stalls': frequent(8n),
  'ref-cycles': frequent(9n),
};

function counters(name: string, shortName: string, type: number, table: Readonly<Record<string, Counter>>): ProbeKind {
  const kind: ProbeKind = {
    names: [name, shortName],
    counts: [1, 2],
    usage: [`${name}:EVENT`, `${name}:EVENT:COUNT`],
    doc: `Fires every COUNT events of a ${name} counter, on every CPU.`,
    space: 'unknown',
    expand(point, { diagnostics, pid }) {
      const [, event = '', count] = point.parts;
      const found = Object.entries(table).find(([full, counter]) => full === event || counter.alias === event);
      if (!found) {
        const hint = didYouMean(event, Object.keys(table));
        diagnostics.error(point.span, `${event} is not a ${name} event`, {
          hints: [hint ?? `known: ${Object.keys(table).join(', ')}`],
        });
        return [];
      }
      if (count !== undefined && parseCount(count) === undefined) {
        diagnostics.error(point.span, `Invalid count for ${name} probe: ${notANumber(count)}`);
        return [];
      }
      const period = (count !== undefined && parseCount(count)) || found[1].count;
      return [
        {
          name: `${name}:${event}:${count ?? ''}`,
          kind,
          program: 'perf_event',
          how: 'attach',
          links: [{ kind: 'perf_event', type, config: found[1].config, period, ...(pid !== undefined && { pid }) }],
        },
      ];
    },
  };
  return kind;
}

/** PERF_TYPE_SOFTWARE is 1, PERF_TYPE_HARDWARE 0. */
export const software = counters('software', 's', 1, SOFTWARE);
export const hardware = counters('hardware', 'h', 0, HARDWARE);

const namesOf = (table: Readonly<Record<string, Counter>>): string[] =>
  Object.entries(table).flatMap(([name, { alias }]) => (alias ? [name, alias] : [name]));
/** What can be counted, by its names and their aliases: for listings. */
export const softwareEvents = (): string[] => namesOf(SOFTWARE);
export const hardwareEvents = (): string[] => namesOf(HARDWARE);
