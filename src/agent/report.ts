/** A report: what dominated a range of time, as rows; with a second range, what changed. */
import type {
  CatalogEvent,
  Compared,
  Comparison,
  Finding,
  PastQueryRow,
  PastWaitRow,
  ReportEvent,
  ReportRow,
  ReportWindow,
} from '../api/index.ts';
import { longer, rfc3339 } from '../base/time.ts';
import { counterAt, identityAt, type Sample, type Store, type Summed, type TimeRange } from '../store/index.ts';
import { History, type PastFilter, type SummedQueries } from './history.ts';

export interface ReportRequest {
  readonly range: TimeRange;
  readonly compareWith?: TimeRange | undefined;
  readonly where?: PastFilter;
  /** Rows of each part, at most. */
  readonly top: number;
}

export async function report(
  store: Store,
  { range, compareWith, where = {}, top }: ReportRequest,
): Promise<ReportRow[]> {
  const history = new History(store);
  const queries = await history.sumQueries(range, where);
  const waits = await history.waitEvents(range, where);
  const earlier = compareWith && (await history.sumQueries(compareWith, where));
  const findings = await history.records('finding', range, top);
  const events = await history.records('event', range, top);
  const executions = await history.records('execution', range, top);
  return [
    ...(await windowsOf(store, range, where)),
    ...findings.map(({ body }) => ({ kind: 'finding' as const, ...(body as Finding) })),
    ...events.map(({ body }) => eventRow(body as CatalogEvent)).sort((a, b) => (a.at < b.at ? -1 : 1)),
    ...(await busiest(queries, top)).map((row) => ({ kind: 'query' as const, ...row })),
    ...waitProfile(waits)
      .slice(0, top)
      .map((row) => ({ kind: 'wait' as const, ...row })),
    ...executions.map(({ host, body }) => ({ kind: 'execution' as const, host, ...body })),
    ...(earlier ? await compare(queries, earlier, top) : []),
  ];
}

const eventRow = ({ kind, ...event }: CatalogEvent): ReportEvent => ({ kind: 'event', event: kind, ...event });

/** One a host. */
async function windowsOf(store: Store, range: TimeRange, { host, cluster }: PastFilter): Promise<ReportWindow[]> {
  const where = { ...(host !== undefined && { host }), ...(cluster !== undefined && { cluster }) };
  const summed = await store.sum({ kind: 'load', range, where, by: ['host', 'class'] });
  return [...summed.covered].map(([name, { observedUs, coverage, dropped }]) => ({
    kind: 'window' as const,
    host: name,
    from: rfc3339(summed.range.fromMs),
    to: rfc3339(summed.range.toMs),
    window_start: rfc3339(summed.range.fromMs),
    window_us: observedUs,
    coverage,
    dropped,
    sessions: sessionsOf(summed, name, observedUs),
  }));
}

function sessionsOf({ samples }: Summed, host: string, observedUs: number): Record<string, number> {
  const own = samples.filter(({ series }) => series[identityAt('load', 'host')] === host);
  const sorted = own.toSorted((a, b) => b.values[0]! - a.values[0]!);
  return Object.fromEntries(
    sorted.map(({ series, values }) => [series[identityAt('load', 'class')], values[0]! / observedUs]),
  );
}

/** Time of its sessions, finished requests or not. */
export const busyUs = (row: PastQueryRow): number => row.on_cpu_us + row.off_cpu_us + row.run_queue_us;

/** The same of a sample, whose times are in µs: no row is needed to find those of the most time. */
export const busyOf = ({ values }: Sample): number => BUSY.reduce((sum, at) => sum + values[at]!, 0);
const BUSY = (['on_cpu', 'off_cpu', 'run_queue'] as const).map((name) => counterAt('queries', name));

function busiest({ summed, rowsOf }: SummedQueries, top: number): Promise<PastQueryRow[]> {
  return rowsOf(summed.samples.toSorted((a, b) => busyOf(b) - busyOf(a)).slice(0, top));
}

/** Of databases and users together. */
function waitProfile(rows: readonly PastWaitRow[]): PastWaitRow[] {
  const sums = new Map<string, PastWaitRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.host, row.cluster, row.wait_event_type, row.wait_event]);
    const sum = sums.get(key);
    sums.set(key, sum ? addWaits(sum, row) : row);
  }
  return [...sums.values()].sort((a, b) => b.total_us - a.total_us);
}

function addWaits(a: PastWaitRow, b: PastWaitRow): PastWaitRow {
  return {
    ...a,
    database: a.database === b.database ? a.database : null,
    user: a.user === b.user ? a.user : null,
    inexact: [...new Set([...a.inexact, ...b.inexact, ...isOneUnknown(a.max_us, b.max_us)])],
    count: a.count + b.count,
    total_us: a.total_us + b.total_us,
    max_us: longer(a.max_us, b.max_us),
  };
}

/** The longest of those that are known is no less than it seems. */
const isOneUnknown = (a: number | null, b: number | null): string[] =>
  (a === null) === (b === null) ? [] : ['max_us'];

/** Those whose load changed most, either way, first. */
async function compare(now: SummedQueries, before: SummedQueries, top: number): Promise<Comparison[]> {
  const [later, earlier] = [byStatement(now), byStatement(before)];
  const changes = [...new Set([...later.keys(), ...earlier.keys()])].map((key) => {
    const change = (later.get(key)?.sessions ?? 0) - (earlier.get(key)?.sessions ?? 0);
    return { key, change: Math.abs(change) };
  });
  const most = changes.sort((a, b) => b.change - a.change).slice(0, top);
  const keys = most.map(({ key }) => key);
  const [laterRows, earlierRows] = [await rowsBy(keys, now, later), await rowsBy(keys, before, earlier)];
  return keys.map((key) => comparison(laterRows.get(key), earlierRows.get(key)));
}

/** Of those that were there at that time. */
async function rowsBy(
  keys: readonly string[],
  { rowsOf }: SummedQueries,
  known: ReadonlyMap<string, Busy>,
): Promise<Map<string, PastQueryRow>> {
  const found = keys.filter((key) => known.has(key));
  const rows = await rowsOf(found.map((key) => known.get(key)!.sample));
  return new Map(found.map((key, at) => [key, rows[at]!]));
}

interface Busy {
  readonly sample: Sample;
  readonly sessions: number;
}

function byStatement({ summed: { samples, covered } }: SummedQueries): Map<string, Busy> {
  return new Map(
    samples.map((sample) => {
      const parts = STATEMENT.map((at) => sample.series[at] ?? null);
      const { observedUs = 0 } = covered.get(parts[0] ?? '') ?? {};
      return [JSON.stringify(parts), { sample, sessions: busyOf(sample) / observedUs }] as const;
    }),
  );
}

/** What makes it the same statement in both windows. */
const STATEMENT = (['host', 'cluster', 'database', 'user', 'query_id', 'fingerprint'] as const).map((name) =>
  identityAt('queries', name),
);

function comparison(now: PastQueryRow | undefined, before: PastQueryRow | undefined): Comparison {
  const { host, cluster, database, user, query_id, fingerprint, query } = (now ?? before)!;
  const [later, earlier] = [now ? compared(now) : null, before ? compared(before) : null];
  return {
    kind: 'comparison',
    host,
    cluster,
    database,
    user,
    query_id,
    fingerprint,
    query,
    now: later,
    before: earlier,
    sessions_change: (later?.sessions ?? 0) - (earlier?.sessions ?? 0),
  };
}

function compared(row: PastQueryRow): Compared {
  return {
    sessions: busyUs(row) / row.window_us,
    calls_per_second: (row.calls * 1e6) / row.window_us,
    mean_us: row.requests > 0 ? row.latency_us.total / row.requests : null,
    p95_us: row.latency_us.p95,
  };
}
