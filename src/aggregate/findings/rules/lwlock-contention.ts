/** Sessions wait for each other inside PostgreSQL, for structures in shared memory. */
import { formatShare } from '../../../base/units.ts';
import { eventLines, LITTLE_SESSIONS, named, rank, severityOf, shareLines, waited } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.2;
/** Waiting for the flush of another's commit, and for another's read, are findings of their own. */
const ELSEWHERE = new Set(['WALWrite', 'WALWriteLock', 'BufferIo', 'BufferIO']);

export const lwlockContention: Rule = {
  id: 'lwlock-contention',
  find(situation) {
    const locks = waited(situation, (row) => row.wait_event_type === 'LWLock' && !ELSEWHERE.has(row.wait_event));
    if (locks.share < LEAST_SHARE || locks.sessions < LITTLE_SESSIONS) return undefined;
    const ranked = rank(locks.rows, (row) => row.total_us);
    const [event] = rank(
      locks.rows.map((row) => ({ ...row, fingerprint: row.wait_event })),
      (row) => row.total_us,
    );
    return {
      severity: severityOf(locks.share),
      title: `${formatShare(locks.share)} of database time is contention inside PostgreSQL, most of it for ${event!.row.wait_event}`,
      evidence: [...eventLines(locks, situation.observedUs), ...shareLines(ranked)],
      sql: "SELECT wait_event, count(*) FROM pg_stat_activity WHERE wait_event_type = 'LWLock' GROUP BY 1 ORDER BY 2 DESC",
      advice:
        'fewer sessions at once (a pooler); LockManager: fewer partitions and indexes a statement; BufferMapping, BufferContent: fewer that touch the same blocks',
      refuted_by: 'the waits stay with half as many sessions',
      queries: named(ranked),
    };
  },
};
