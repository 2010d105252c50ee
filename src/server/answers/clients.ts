/** Sessions' time by who asked: application and client, which statements and waits are not told apart by. */
import { PebbleError } from '../../base/errors.ts';
import { type CounterName, counterAt, identityAt, type Store, type TimeRange } from '../../store/index.ts';
import { ASKERS } from '../blind.ts';
import { bad, type Facet, type Facets, filterOf } from '../question.ts';
import type { Spent } from './activity.ts';

export const OF_CLIENTS = [
  'host',
  'cluster',
  'database',
  'user',
  'application',
  'client',
] as const satisfies readonly Facet[];

/** Parts of a session's time in requests; `Wait`: of whatever kind. */
const PARTS: readonly (readonly [name: string, counter: CounterName<'clients'>])[] = [
  ['CPU', 'on_cpu'],
  ['Run queue', 'run_queue'],
  ['Wait', 'off_cpu'],
];

/** Split by application or client, or of one of them; nothing where neither is asked for. */
export async function clientActivities(
  store: Store,
  facets: Facets,
  by: Facet,
  { range, stepMs }: { readonly range: TimeRange; readonly stepMs: number },
): Promise<Spent[] | undefined> {
  const names = [by, ...(Object.keys(facets) as Facet[])];
  if (!names.some((name) => ASKERS.includes(name))) return undefined;
  refuseStrange(facets, by);
  const where = filterOf(facets, OF_CLIENTS);
  const steps = await store.steps({ kind: 'clients', range, stepMs, where, by: ['host', by] });
  if (steps.every(({ samples }) => samples.length === 0) && (await isUncollected(store, range, facets)))
    throw new PebbleError('usage', { doing: 'telling applications and clients apart', what: NOT_COLLECTED });
  const type = facets.wait_event_type;
  const wanted = PARTS.filter(([name]) => type === undefined || name === type);
  return steps.map((step) => ({
    range: step.range,
    covered: step.covered,
    activities: step.samples.flatMap(({ series, values }) =>
      wanted.map(([part, counter]) => ({
        us: values[counterAt('clients', counter)]!,
        field: (name: Facet) =>
          name === 'wait_event_type' ? part : (series[identityAt('clients', name as 'host')] ?? null),
      })),
    ),
  }));
}

export const NOT_COLLECTED = 'Nothing was collected of it in this window.';

/** There is time in sessions, and not whose: worth asking where none of it was found. */
export async function isUncollected(store: Store, range: TimeRange, facets: Facets): Promise<boolean> {
  const where = filterOf(facets, ['host', 'cluster']);
  const clients = await store.sum({ kind: 'clients', range, where, by: ['host'] });
  if (clients.samples.length > 0) return false;
  return (await store.sum({ kind: 'load', range, where, by: ['host'] })).samples.length > 0;
}

function refuseStrange(facets: Facets, by: Facet): void {
  const hint = `of applications and clients the load is known by ${OF_CLIENTS.join(', ')}, and as CPU, Run queue and Wait`;
  const isKnown = (name: Facet): boolean => name === 'wait_event_type' || OF_CLIENTS.some((part) => part === name);
  if (!isKnown(by)) throw bad('by', by, hint);
  for (const [name, value] of Object.entries(facets) as [Facet, string][]) {
    const isPart = name !== 'wait_event_type' || PARTS.some(([part]) => part === value);
    if (!isKnown(name) || !isPart) throw bad(name, value, hint);
  }
}
