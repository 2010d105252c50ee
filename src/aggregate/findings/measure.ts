/** What several rules ask of a situation. */
import type { QueryRow, WaitRow } from '../../api/index.ts';
import { formatMicroseconds, formatRate, formatShare } from '../../base/units.ts';
import type { Conclusion, Situation } from './situation.ts';

/** Time of its sessions, finished requests or not. */
export const busyUs = (row: QueryRow): number => row.on_cpu_us + row.off_cpu_us + row.run_queue_us;

export const sumOf = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0);

/** Of all statements together. */
export const databaseUs = ({ queries }: Situation): number => sumOf(queries, busyUs);

export interface Waited {
  readonly rows: readonly WaitRow[];
  readonly totalUs: number;
  readonly count: number;
  readonly meanUs: number;
  /** Of the time of all statements. */
  readonly share: number;
  /** Sessions that wait so, on average. */
  readonly sessions: number;
}

/** Waits of statements for some events. */
export function waited(situation: Situation, wanted: (row: WaitRow) => boolean): Waited {
  const rows = situation.waits.filter((row) => row.fingerprint !== null && wanted(row));
  const totalUs = sumOf(rows, (row) => row.total_us);
  const count = sumOf(rows, (row) => row.count);
  const database = databaseUs(situation);
  return {
    rows,
    totalUs,
    count,
    meanUs: count > 0 ? totalUs / count : 0,
    share: database > 0 ? totalUs / database : 0,
    sessions: totalUs / situation.observedUs,
  };
}

export const isEvent =
  (type: string, ...events: readonly string[]) =>
  (row: WaitRow): boolean =>
    row.wait_event_type === type && (events.length === 0 || events.includes(row.wait_event));

/** Statements by how much of something they have, the most first. */
export function rank<Row extends { readonly fingerprint: string | null }>(
  rows: readonly Row[],
  of: (row: Row) => number,
): { readonly row: Row; readonly amount: number }[] {
  const sums = new Map<string, { row: Row; amount: number }>();
  for (const row of rows) {
    const key = row.fingerprint ?? '';
    const sum = sums.get(key);
    if (sum) sum.amount += of(row);
    else sums.set(key, { row, amount: of(row) });
  }
  return [...sums.values()].filter(({ amount }) => amount > 0).sort((a, b) => b.amount - a.amount);
}

type Named = { readonly fingerprint: string | null; readonly query_id: string | null; readonly query: string | null };

export const named = (rows: readonly { readonly row: Named }[], most = 3): Conclusion['queries'] =>
  rows
    .slice(0, most)
    .map(({ row: { fingerprint, query_id, query } }) => ({ fingerprint: fingerprint ?? '0', query_id, query }));

const QUOTED = 70;

/** Fits in a sentence. */
export function quote(query: string | null): string {
  const line = (query ?? 'a statement whose text was not seen').replace(/\s+/g, ' ');
  return `"${line.length > QUOTED ? `${line.slice(0, QUOTED - 1)}…` : line}"`;
}

/** `IO / WalSync: 726/s, mean 60.5µs, 0.04 sessions`, the longest first. */
export function eventLines({ rows }: Waited, observedUs: number, most = 3): string[] {
  const events = Map.groupBy(rows, (row) => `${row.wait_event_type} / ${row.wait_event}`);
  return [...events]
    .map(([name, some]) => ({
      name,
      total: sumOf(some, (row) => row.total_us),
      count: sumOf(some, (row) => row.count),
    }))
    .sort((a, b) => b.total - a.total)
    .slice(0, most)
    .map(
      ({ name, total, count }) =>
        `${name}: ${formatRate((count * 1e6) / observedUs)}/s, mean ${formatMicroseconds(total / Math.max(1, count))}, ${formatRate(total / observedUs)} sessions on average`,
    );
}

/** `41% of it in "UPDATE …"`. */
export function shareLines(ranked: readonly { readonly row: Named; readonly amount: number }[], most = 3): string[] {
  const total = sumOf(ranked, ({ amount }) => amount);
  return ranked.slice(0, most).map(({ row, amount }) => `${formatShare(amount / total)} of it in ${quote(row.query)}`);
}

/** Half of everything is critical. */
export const severityOf = (share: number): Conclusion['severity'] => (share >= 0.5 ? 'critical' : 'warning');

/** So little that nobody is kept waiting by it. */
export const LITTLE_SESSIONS = 0.1;
