/** A statement takes much longer than it did before. */

import type { QueryRow } from '../../../api/index.ts';
import { formatMicroseconds, formatRate } from '../../../base/units.ts';
import { busyUs, LITTLE_SESSIONS, quote } from '../measure.ts';
import type { Rule, Situation } from '../situation.ts';

const LEAST_RATIO = 2;
/** Fewer say little. */
const LEAST_CALLS = 20;
const MOST = 3;

interface Pair {
  readonly now: QueryRow;
  readonly before: QueryRow;
  readonly ratio: number;
  readonly lostSessions: number;
}

export const meanUs = ({ latency_us: latency, requests }: QueryRow): number => latency.total / Math.max(1, requests);
const keyOf = ({ fingerprint, database, user, query_id }: QueryRow): string =>
  JSON.stringify([fingerprint, database, user, query_id]);

/** Statements that were executed often enough in both windows. */
export function pairs({ queries, earlier }: Situation): { readonly now: QueryRow; readonly before: QueryRow }[] {
  const then = new Map(earlier.map((row) => [keyOf(row), row]));
  return queries.flatMap((now) => {
    const before = then.get(keyOf(now));
    return before && now.calls >= LEAST_CALLS && before.calls >= LEAST_CALLS ? [{ now, before }] : [];
  });
}

export const queryRegression: Rule = {
  id: 'query-regression',
  find(situation) {
    const worse = pairs(situation)
      .map(({ now, before }): Pair => {
        const ratio = meanUs(now) / meanUs(before);
        return { now, before, ratio, lostSessions: (busyUs(now) * (1 - 1 / ratio)) / situation.observedUs };
      })
      .filter(({ ratio, lostSessions }) => ratio >= LEAST_RATIO && lostSessions >= LITTLE_SESSIONS)
      .sort((a, b) => b.lostSessions - a.lostSessions);
    const [worst] = worse;
    if (!worst) return undefined;
    return {
      severity: worst.lostSessions >= 1 ? 'critical' : 'warning',
      title: `${quote(worst.now.query)} takes ${formatRate(worst.ratio)} times as long as before`,
      evidence: worse
        .slice(0, MOST)
        .map(
          ({ now, before, lostSessions }) =>
            `${quote(now.query)}: mean ${formatMicroseconds(meanUs(now))}, before ${formatMicroseconds(meanUs(before))}; it keeps ${formatRate(lostSessions)} more sessions busy`,
        ),
      sql: `EXPLAIN (GENERIC_PLAN) ${worst.now.query ?? ''}`.trim(),
      advice:
        'compare its waits and blocks of the two windows: more blocks a call is a plan or more rows, more waiting is its surroundings',
      refuted_by:
        'pg_stat_statements shows the same mean_exec_time after pg_stat_statements_reset() in a window like the earlier one',
      queries: worse.slice(0, MOST).map(({ now }) => now),
    };
  },
};
