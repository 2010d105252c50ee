/** Session time by who and by what: on a CPU, ready to run, or waiting; the ground of every picture of load. */
import {
  type CounterName,
  counterAt,
  type Filter,
  type IdentityName,
  identityAt,
  type Sample,
  type Store,
  type Summed,
  type SumRequest,
  type TimeRange,
} from '../../store/index.ts';
import { type Facet, type Facets, filterOf } from '../question.ts';

export interface Activity {
  readonly us: number;
  readonly field: (name: Facet) => string | null;
}

/** Activities of one step, or of the whole range. */
export interface Spent {
  readonly range: TimeRange;
  readonly covered: Summed['covered'];
  readonly activities: readonly Activity[];
}

const WHO = ['host', 'cluster', 'database', 'user', 'fingerprint'] as const satisfies readonly Facet[];
/** Time in a request and in its workers that is no wait, under the names that it has beside wait event types. */
const RUNNING: readonly (readonly [name: string, counters: readonly CounterName<'queries'>[]])[] = [
  ['CPU', ['on_cpu', 'parallel_on_cpu']],
  ['Run queue', ['run_queue', 'parallel_run_queue']],
];
export const RUNNING_NAMES: ReadonlySet<string> = new Set(RUNNING.map(([name]) => name));
const SESSIONS = 'client backend';

/** What of them is time in sessions. */
const READ = {
  queries: { counters: RUNNING.flatMap(([, counters]) => counters) },
  waits: { counters: ['total'] },
} as const;

interface Asked extends Pick<SumRequest, 'range' | 'apart' | 'known'> {
  readonly stepMs?: number;
}

/** `by`: the fields that matter to who asks. Background processes are left out unless their type is asked for. */
export async function activities(store: Store, facets: Facets, by: readonly Facet[], ask: Asked): Promise<Spent[]> {
  const names = new Set<string>(['host', ...by]);
  const queries = wantsRunning(facets) ? await summed(store, 'queries', filterOf(facets, WHO), names, ask) : [];
  const wanted = [...WHO, 'backend_type', 'wait_event_type', 'wait_event'] as const;
  const ofStatements = facets.backend_type === undefined ? { ...ask, known: ['fingerprint'] } : ask;
  const waits = wantsWaits(facets) ? await summed(store, 'waits', filterOf(facets, wanted), names, ofStatements) : [];
  return joined(
    queries.map((step) => ({ step, activities: step.samples.flatMap((sample) => runningOf(sample, facets)) })),
    waits.map((step) => ({ step, activities: step.samples.map(waitOf) })),
  );
}

/** The same from the sums that are kept of them, where neither statement, nor user, nor event is asked for; else nothing. */
export async function loadActivities(
  store: Store,
  { wait_event_type: type, ...facets }: Facets,
  by: Facet,
  { range, stepMs }: { readonly range: TimeRange; readonly stepMs: number },
): Promise<Spent[] | undefined> {
  const names = [by, ...(Object.keys(facets) as Facet[])];
  if (names.some((name) => LOAD_PARTS[name] === undefined)) return undefined;
  const where = { ...filterOf(facets, ['host', 'cluster']), ...(type !== undefined && { class: type }) };
  const steps = await store.steps({ kind: 'load', range, stepMs, where });
  return steps.map((step) => ({
    range: step.range,
    covered: step.covered,
    activities: step.samples.map(({ series, values }) => ({
      us: values[0]!,
      field: (name) => series[identityAt('load', LOAD_PARTS[name] ?? 'host')] ?? null,
    })),
  }));
}

const LOAD_PARTS: Readonly<Partial<Record<Facet, IdentityName<'load'>>>> = {
  host: 'host',
  cluster: 'cluster',
  wait_event_type: 'class',
};

const wantsRunning = ({ backend_type, wait_event_type: type, wait_event: event }: Facets): boolean =>
  (backend_type === undefined || backend_type === SESSIONS) &&
  (type === undefined || RUNNING.some(([name]) => name === type)) &&
  (event === undefined || RUNNING.some(([name]) => name === event));

const wantsWaits = ({ wait_event_type: type }: Facets): boolean => !RUNNING.some(([name]) => name === type);

async function summed(
  store: Store,
  kind: 'queries' | 'waits',
  where: Filter,
  names: ReadonlySet<string>,
  { stepMs, ...rest }: Asked,
): Promise<readonly Summed[]> {
  const request = { kind, where, by: [...names], ...READ[kind], ...rest };
  return stepMs === undefined ? [await store.sum(request)] : store.steps({ ...request, stepMs });
}

function runningOf(sample: Sample, { wait_event_type: type, wait_event: event }: Facets): Activity[] {
  const field = (name: Facet): string | null =>
    name === 'backend_type' ? SESSIONS : (sample.series[identityAt('queries', name as 'host')] ?? null);
  return RUNNING.flatMap(([kind, counters]) => {
    if ((type ?? kind) !== kind || (event ?? kind) !== kind) return [];
    const us = counters.reduce((sum, name) => sum + sample.values[counterAt('queries', name)]!, 0);
    return [{ us, field: (name) => (name === 'wait_event_type' || name === 'wait_event' ? kind : field(name)) }];
  });
}

const waitOf = ({ series, values }: Sample): Activity => ({
  us: values[counterAt('waits', 'total')]!,
  field: (name) => series[identityAt('waits', name as 'host')] ?? null,
});

interface Part {
  readonly step: Summed;
  readonly activities: readonly Activity[];
}

/** Steps of both kinds, by their beginning. */
function joined(...kinds: readonly (readonly Part[])[]): Spent[] {
  const steps = new Map<number, { range: TimeRange; covered: Summed['covered']; activities: Activity[] }>();
  for (const { step, activities: more } of kinds.flat()) {
    const known = steps.get(step.range.fromMs);
    if (known) known.activities.push(...more);
    else steps.set(step.range.fromMs, { range: step.range, covered: step.covered, activities: [...more] });
  }
  return [...steps.values()].sort((a, b) => a.range.fromMs - b.range.fromMs);
}
