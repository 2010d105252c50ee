/** Sessions queue for a lock that others hold while they work. */

import type { LockRow } from '../../../api/index.ts';
import { formatMicroseconds, formatRate, formatShare } from '../../../base/units.ts';
import { isEvent, LITTLE_SESSIONS, named, quote, rank, severityOf, shareLines, sumOf, waited } from '../measure.ts';
import type { Rule, Situation } from '../situation.ts';

const LEAST_SHARE = 0.25;
const IDLE = /^idle in transaction/;
/** Between two statements of a transaction every session is idle for a moment. */
const FORGOTTEN_US = 1e6;

/** Somebody waited long for a session that does nothing: a finding of its own. */
export const isForgotten = ({ blocker_state: state, max_us: longest }: LockRow): boolean =>
  state !== null && IDLE.test(state) && longest >= FORGOTTEN_US;

export const lockConvoy: Rule = {
  id: 'lock-convoy',
  find(situation) {
    const locks = waited(situation, isEvent('Lock'));
    if (locks.share < LEAST_SHARE || locks.sessions < LITTLE_SESSIONS) return undefined;
    const active = situation.locks.filter((row) => !isForgotten(row));
    if (
      situation.locks.length > 0 &&
      sumOf(active, (row) => row.wait_us) < sumOf(situation.locks, (row) => row.wait_us) / 2
    ) {
      return undefined;
    }
    const ranked = rank(locks.rows, (row) => row.total_us);
    return {
      severity: severityOf(locks.share),
      title: `${formatShare(locks.share)} of database time is waiting for locks, ${formatMicroseconds(locks.meanUs)} each time: ${quote(ranked[0]!.row.query)} queues`,
      evidence: [
        `${formatRate(locks.sessions)} sessions wait on average, ${formatRate((locks.count * 1e6) / situation.observedUs)} times a second`,
        ...shareLines(ranked),
        ...blockers({ ...situation, locks: active }),
      ],
      sql: 'SELECT pid, pg_blocking_pids(pid), wait_event, query FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0',
      advice:
        'make the transactions that hold it shorter: change the contended row last, and let nothing slow follow before COMMIT',
      refuted_by: 'pg_blocking_pids() is empty for the statements above while they are slow',
      queries: named(ranked),
    };
  },
};

/** Who kept the others waiting, by what it was at when they did. */
export function blockers({ locks }: Situation, most = 3): string[] {
  const total = sumOf(locks, (row) => row.wait_us);
  const by = Map.groupBy(locks, (row) =>
    JSON.stringify([row.blocker_fingerprint, row.blocker_state, row.blocker_application]),
  );
  return [...by.values()]
    .map((rows) => ({
      row: rows[0]!,
      us: sumOf(rows, (row) => row.wait_us),
      pids: new Set(rows.map((row) => row.blocker_pid)),
    }))
    .sort((a, b) => b.us - a.us)
    .slice(0, most)
    .map(({ row, us, pids }) => {
      const who = [...pids]
        .slice(0, 5)
        .map((pid) => (pid === 0 ? 'a prepared transaction' : (pid ?? 'gone')))
        .join(', ');
      const what = row.blocker_query === null ? '' : `, its last statement ${quote(row.blocker_query)}`;
      const application = row.blocker_application ? ` of ${row.blocker_application}` : '';
      return `${formatShare(us / total)} of the waiting was for pid ${who}${application}, ${row.blocker_state ?? 'in an unknown state'}${what}`;
    });
}
