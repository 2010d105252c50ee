/** Statements wait for their commits to become durable. */
import { formatMicroseconds, formatShare } from '../../../base/units.ts';
import { eventLines, isEvent, LITTLE_SESSIONS, named, rank, severityOf, shareLines, waited } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.3;
/** The backend that flushes waits for the device; those whose commits it flushes with its own wait for it. */
const IO = isEvent('IO', 'WalSync', 'WalWrite', 'WALSync', 'WALWrite', 'WALSyncMethodAssign');
const GROUP = isEvent('LWLock', 'WALWrite', 'WALWriteLock');

export const commitBound: Rule = {
  id: 'commit-bound',
  find(situation) {
    const commits = waited(situation, (row) => IO(row) || GROUP(row));
    if (commits.share < LEAST_SHARE || commits.sessions < LITTLE_SESSIONS) return undefined;
    const syncs = waited(situation, isEvent('IO', 'WalSync', 'WALSync'));
    const ranked = rank(commits.rows, (row) => row.total_us);
    return {
      severity: severityOf(commits.share),
      title: `${formatShare(commits.share)} of database time is making commits durable${syncs.count > 0 ? `, ${formatMicroseconds(syncs.meanUs)} a flush of WAL` : ''}`,
      evidence: [...eventLines(commits, situation.observedUs), ...shareLines(ranked)],
      sql: "SELECT name, setting FROM pg_settings WHERE name IN ('synchronous_commit', 'commit_delay', 'wal_sync_method', 'fsync')",
      advice:
        'put several changes into one transaction; where losing the last moments is allowed, synchronous_commit = off',
      refuted_by: 'the time stays when these statements run with synchronous_commit = off',
      queries: named(ranked),
    };
  },
};
