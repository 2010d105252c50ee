/** Statements write out blocks themselves: the background writer and the checkpointer do not keep up. */
import { formatShare } from '../../../base/units.ts';
import { eventLines, isEvent, LITTLE_SESSIONS, named, rank, severityOf, shareLines, waited } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.2;

export const backendWrites: Rule = {
  id: 'backend-writes',
  find(situation) {
    const writes = waited(situation, isEvent('IO', 'DataFileWrite', 'DataFileExtend', 'DataFileFlush', 'DataFileSync'));
    if (writes.share < LEAST_SHARE || writes.sessions < LITTLE_SESSIONS) return undefined;
    const ranked = rank(writes.rows, (row) => row.total_us);
    return {
      severity: severityOf(writes.share),
      title: `${formatShare(writes.share)} of database time is statements writing data files themselves`,
      evidence: [...eventLines(writes, situation.observedUs), ...shareLines(ranked)],
      sql: 'SELECT * FROM pg_stat_bgwriter',
      advice:
        'let the background writer do more (bgwriter_lru_maxpages, bgwriter_delay), give it more shared_buffers, or load with COPY',
      refuted_by: 'pg_stat_io (16 and later) shows no writes of client backends',
      queries: named(ranked),
    };
  },
};
