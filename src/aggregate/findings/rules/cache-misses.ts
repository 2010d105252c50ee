/** Statements wait for blocks that are not in memory. */
import { formatMicroseconds, formatRate, formatShare } from '../../../base/units.ts';
import {
  eventLines,
  isEvent,
  LITTLE_SESSIONS,
  named,
  rank,
  severityOf,
  shareLines,
  sumOf,
  waited,
} from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.25;
/** PostgreSQL 18 reads through its own I/O processes or io_uring, and waits for them. */
const READS = (row: Parameters<ReturnType<typeof isEvent>>[0]): boolean =>
  isEvent('IO', 'DataFileRead', 'DataFilePrefetch', 'AioIoCompletion', 'AioIoUringExecution')(row) ||
  isEvent('LWLock', 'BufferIo', 'BufferIO')(row) ||
  isEvent('IPC', 'BufferIo', 'BufferIO')(row);

export const cacheMisses: Rule = {
  id: 'cache-misses',
  find(situation) {
    const reads = waited(situation, READS);
    if (reads.share < LEAST_SHARE || reads.sessions < LITTLE_SESSIONS) return undefined;
    const ranked = rank(reads.rows, (row) => row.total_us);
    const blocks = sumOf(situation.queries, (row) => row.shared_blks_read);
    const hits = sumOf(situation.queries, (row) => row.shared_blks_hit);
    return {
      severity: severityOf(reads.share),
      title: `${formatShare(reads.share)} of database time is reading blocks that are not in shared buffers, ${formatMicroseconds(reads.meanUs)} a wait`,
      evidence: [
        `${formatRate((blocks * 1e6) / situation.observedUs)} blocks a second are read, ${formatShare(hits / Math.max(1, hits + blocks))} are found in memory`,
        ...eventLines(reads, situation.observedUs),
        ...shareLines(ranked),
      ],
      sql: 'SELECT relname, heap_blks_read, heap_blks_hit, idx_blks_read FROM pg_statio_user_tables ORDER BY heap_blks_read DESC LIMIT 10',
      advice:
        'look at the plans of these statements with EXPLAIN (ANALYZE, BUFFERS): an index may spare most reads; else more memory',
      refuted_by: 'the same statements are as slow when their blocks are in shared buffers',
      queries: named(ranked),
    };
  },
};
