/** Statements that only read change pages: hint bits of what others wrote, and with checksums WAL for them. */
import { formatBytes, formatShare } from '../../../base/units.ts';
import { named, rank, shareLines, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

const BLOCK = 8192;
/** A second. */
const LEAST_BYTES = 1 << 20;
const LEAST_SHARE = 0.5;

export const readersWrite: Rule = {
  id: 'readers-write',
  find({ queries, observedUs }) {
    const readers = queries.filter(
      ({ query }) => /^\s*select\b/i.test(query ?? '') && !/\bfor\s+(update|share|no key|key)\b/i.test(query!),
    );
    const dirtied = sumOf(readers, (row) => row.shared_blks_dirtied);
    const share =
      dirtied /
      Math.max(
        1,
        sumOf(queries, (row) => row.shared_blks_dirtied),
      );
    if ((dirtied * BLOCK * 1e6) / observedUs < LEAST_BYTES || share < LEAST_SHARE) return undefined;
    const ranked = rank(readers, (row) => row.shared_blks_dirtied);
    const wal = sumOf(readers, (row) => row.wal_bytes);
    return {
      severity: 'info',
      title: `${formatShare(share)} of the pages that are changed are changed by SELECTs, ${formatBytes((dirtied * BLOCK * 1e6) / observedUs)}/s: they set hint bits, or prune`,
      evidence: [
        ...(wal > 0 ? [`they write ${formatBytes((wal * 1e6) / observedUs)}/s of WAL for it`] : []),
        ...shareLines(ranked),
      ],
      sql: null,
      advice: 'VACUUM a table after it was loaded or changed in bulk: then the next reader need not',
      refuted_by: 'the same SELECT, a second time, dirties as many buffers in EXPLAIN (ANALYZE, BUFFERS)',
      queries: named(ranked),
    };
  },
};
