/** Most of the WAL is whole pages, as it is when checkpoints follow each other closely. */
import { formatBytes, formatShare } from '../../../base/units.ts';
import { named, rank, shareLines, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

const BLOCK = 8192;
/** A second. */
const LEAST_BYTES = 1 << 20;
const LEAST_SHARE = 0.5;

export const fullPageWrites: Rule = {
  id: 'full-page-writes',
  find({ queries, observedUs }) {
    const bytes = sumOf(queries, (row) => row.wal_bytes);
    // A page is written without its hole, or compressed: this is the most that they can be.
    const share = Math.min(1, (sumOf(queries, (row) => row.wal_fpi) * BLOCK) / Math.max(1, bytes));
    if ((bytes * 1e6) / observedUs < LEAST_BYTES || share < LEAST_SHARE) return undefined;
    const ranked = rank(queries, (row) => row.wal_fpi);
    return {
      severity: 'warning',
      title: `up to ${formatShare(share)} of ${formatBytes((bytes * 1e6) / observedUs)}/s of WAL is whole pages, first changes after a checkpoint`,
      evidence: shareLines(ranked),
      sql: "SELECT name, setting FROM pg_settings WHERE name IN ('max_wal_size', 'checkpoint_timeout', 'wal_compression', 'full_page_writes')",
      advice:
        'let checkpoints be rarer (max_wal_size, checkpoint_timeout); wal_compression = lz4 makes the pages smaller',
      refuted_by: 'pg_waldump --stats shows a small FPI column for this time',
      queries: named(ranked),
    };
  },
};
