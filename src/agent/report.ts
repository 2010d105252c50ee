/** A report: what dominated a range of time, as rows; with a second range, what changed. */
import type {
  Compared,
  Comparison,
  Finding,
  PastQueryRow,
  PastWaitRow,
  ReportRow,
  ReportWindow,
} from '../api/index.ts';
import { longer, rfc3339 } from '../base/time.ts';
import { identityAt, type Store, type Summed, type TimeRange } from '../store/index.ts';
import { History, type PastFilter } from './history.ts';

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
  const { rows: queries } = await history.queries(range, where);
  const { rows: waits } = await history.waits(range, where);
  const earlier = compareWith && (await history.queries(compareWith, where)).rows;
  const findings = await history.records('finding', range, top);
  const executions = await history.records('execution', range, top);
  return [
    ...(await windowsOf(store, range, where)),
    ...findings.map(({ body }) => ({ kind: 'finding' as const, ...(body as Finding) })),
    ...byTime(queries)
      .slice(0, top)
      .map((row) => ({ kind: 'query' as const, ...row })),
    ...waitProfile(waits)
      .slice(0, top)
      .map((row) => ({ kind: 'wait' as const, ...row })),
    ...executions.map(({ host, body }) => ({ kind: 'execution' as const, host, ...body })),
    ...(earlier ? compare(queries, earlier).slice(0, top) : []),
  ];
}

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

const byTime = (rows: readonly PastQueryRow[]): PastQueryRow[] => rows.toSorted((a, b) => busyUs(b) - busyUs(a));

/** Of statements only: background processes wait for work most of the time. Queries are told apart in the rows above. */
function waitProfile(rows: readonly PastWaitRow[]): PastWaitRow[] {
  const sums = new Map<string, PastWaitRow>();
  for (const row of rows.filter(({ fingerprint }) => fingerprint !== null)) {
    const key = JSON.stringify([row.host, row.cluster, row.wait_event_type, row.wait_event]);
    const sum = sums.get(key);
    sums.set(key, sum ? addWaits(sum, row) : { ...row, query_id: null, fingerprint: null, query: null });
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
export function compare(now: readonly PastQueryRow[], before: readonly PastQueryRow[]): Comparison[] {
  const earlier = new Map(before.map((row) => [keyOf(row), row]));
  const later = new Map(now.map((row) => [keyOf(row), row]));
  const rows = [...new Set([...later.keys(), ...earlier.keys()])].map((key) =>
    comparison(later.get(key), earlier.get(key)),
  );
  return rows.sort((a, b) => Math.abs(b.sessions_change) - Math.abs(a.sessions_change));
}

const keyOf = ({ host, cluster, database, user, query_id, fingerprint }: PastQueryRow): string =>
  JSON.stringify([host, cluster, database, user, query_id, fingerprint]);

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
