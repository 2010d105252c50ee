/** A statement waits in something that it executes inside: a trigger, a foreign-key check, a function. */
import type { QueryRow, WaitRow } from '../../../api/index.ts';
import { formatMicroseconds, formatShare } from '../../../base/units.ts';
import { busyUs, databaseUs, LITTLE_SESSIONS, quote, severityOf, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

/** Of the statement's own time, and of the time of all. */
const [LEAST_OF_ITS, LEAST_OF_ALL] = [0.5, 0.2] as const;
/** What a foreign key's check and its cascades are written as (utils/adt/ri_triggers.c). */
const CHECK = /\bFROM ONLY\b.*\bFOR KEY SHARE OF\b/;

interface Inside {
  readonly row: QueryRow;
  readonly query: string | null;
  readonly us: number;
  readonly count: number;
}

export const innerDominated: Rule = {
  id: 'inner-dominated',
  find(situation) {
    const inside = Map.groupBy(
      situation.waits.filter((wait) => wait.inner_fingerprint !== null),
      statementOf,
    );
    const [worst] = situation.queries
      .flatMap((row) => insideOf(row, inside.get(statementOf(row)) ?? []) ?? [])
      .sort((a, b) => b.us - a.us);
    const ofAll = worst ? worst.us / databaseUs(situation) : 0;
    if (!worst || ofAll < LEAST_OF_ALL || worst.us / situation.observedUs < LITTLE_SESSIONS) return undefined;
    const { row, query, us, count } = worst;
    const isCheck = CHECK.test(query ?? '');
    return {
      severity: severityOf(ofAll),
      title: `${formatShare(us / busyUs(row))} of the time of ${quote(row.query)} is waiting in ${isCheck ? 'a foreign-key check' : 'a statement'} inside of it: ${quote(query)}`,
      evidence: [
        `${formatShare(ofAll)} of the time of all statements; ${formatMicroseconds(us / Math.max(1, row.calls))} of each execution, ${count} waits`,
        'its waits only: what it computes is seen by a profile',
      ],
      sql: "SELECT tgrelid::regclass, tgname, tgfoid::regproc, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
      advice: isCheck
        ? 'see who holds the referenced row (`pebble locks`); changes of keys there wait for such checks, and an index on the referencing columns spares scans'
        : 'see which trigger or function executes it, and tune it as a statement of its own; `pebble waits` shows it inside of the other',
      refuted_by: 'the statement takes as long without its triggers and functions',
      queries: [{ fingerprint: row.fingerprint, query_id: row.query_id, query: row.query }],
    };
  },
};

const statementOf = ({ fingerprint, database }: QueryRow | WaitRow): string => `${fingerprint} ${database}`;

/** What it waits in the longest, where that is most of its time. */
function insideOf(row: QueryRow, inside: readonly WaitRow[]): Inside | undefined {
  const sums = [...Map.groupBy(inside, (wait) => wait.inner_fingerprint)].map(([, some]) => ({
    row,
    query: some[0]!.inner_query,
    us: sumOf(some, (wait) => wait.total_us),
    count: sumOf(some, (wait) => wait.count),
  }));
  const most = sums.sort((a, b) => b.us - a.us)[0];
  return most && most.us >= LEAST_OF_ITS * busyUs(row) ? most : undefined;
}
