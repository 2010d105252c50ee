/** Commits wait for a synchronous standby. */
import { formatMicroseconds, formatShare } from '../../../base/units.ts';
import { eventLines, isEvent, LITTLE_SESSIONS, named, rank, severityOf, shareLines, waited } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.2;

export const replicationBound: Rule = {
  id: 'replication-bound',
  find(situation) {
    const waits = waited(situation, isEvent('IPC', 'SyncRep'));
    if (waits.share < LEAST_SHARE || waits.sessions < LITTLE_SESSIONS) return undefined;
    const ranked = rank(waits.rows, (row) => row.total_us);
    return {
      severity: severityOf(waits.share),
      title: `${formatShare(waits.share)} of database time is waiting for a synchronous standby, ${formatMicroseconds(waits.meanUs)} a commit`,
      evidence: [...eventLines(waits, situation.observedUs), ...shareLines(ranked)],
      sql: 'SELECT application_name, sync_state, write_lag, flush_lag, replay_lag FROM pg_stat_replication',
      advice:
        'see which lag dominates: write is the network, flush the disk of the standby, replay its CPU or conflicts',
      refuted_by: 'no standby is synchronous in pg_stat_replication',
      queries: named(ranked),
    };
  },
};
