/** A session that does nothing in its transaction keeps others waiting. */
import { formatMicroseconds, formatRate } from '../../../base/units.ts';
import { LITTLE_SESSIONS, named, quote, rank, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';
import { blockers, isForgotten } from './lock-convoy.ts';

export const idleInTransaction: Rule = {
  id: 'idle-in-transaction',
  find(situation) {
    const locks = situation.locks.filter(isForgotten);
    const waitUs = sumOf(locks, (row) => row.wait_us);
    const sessions = waitUs / situation.observedUs;
    if (sessions < LITTLE_SESSIONS) return undefined;
    const waiters = rank(
      locks.map((row) => ({
        ...row,
        fingerprint: row.waiter_fingerprint,
        query_id: row.waiter_query_id,
        query: row.waiter_query,
      })),
      (row) => row.wait_us,
    );
    const longest = Math.max(...locks.map((row) => row.max_us));
    const pid = locks.toSorted((a, b) => b.wait_us - a.wait_us)[0]!.blocker_pid;
    return {
      severity: sessions >= 1 ? 'critical' : 'warning',
      title: `a session that is idle in its transaction keeps others waiting, ${formatMicroseconds(longest)} at the longest: ${quote(waiters[0]!.row.query)}`,
      evidence: [`${formatRate(sessions)} sessions wait for it on average`, ...blockers({ ...situation, locks })],
      sql: `SELECT pid, application_name, state, xact_start, query FROM pg_stat_activity WHERE pid = ${pid}`,
      advice:
        'let the application commit before it does anything else; idle_in_transaction_session_timeout ends such sessions',
      refuted_by: 'the session is active in pg_stat_activity while the others wait',
      queries: named(waiters),
    };
  },
};
