/** Sorts and hashes do not fit into work_mem and go to disk. */
import { formatBytes } from '../../../base/units.ts';
import { busyUs, databaseUs, named, quote, rank, shareLines, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

const BLOCK = 8192;
/** A second. */
const LEAST_BYTES = 1 << 20;

export const tempFiles: Rule = {
  id: 'temp-files',
  find(situation) {
    const spilling = situation.queries.filter((row) => row.temp_blks_written > 0);
    const bytes = (sumOf(spilling, (row) => row.temp_blks_written) * BLOCK * 1e6) / situation.observedUs;
    if (bytes < LEAST_BYTES) return undefined;
    const ranked = rank(spilling, (row) => row.temp_blks_written);
    const { row, amount } = ranked[0]!;
    const share = sumOf(spilling, busyUs) / databaseUs(situation);
    return {
      severity: share >= 0.25 ? 'warning' : 'info',
      title: `${formatBytes(bytes)}/s go to temporary files: ${quote(row.query)} does not fit into work_mem`,
      evidence: [`${formatBytes((amount * BLOCK) / Math.max(1, row.calls))} an execution of it`, ...shareLines(ranked)],
      sql: 'SHOW work_mem',
      advice: 'raise work_mem for this statement or its role (SET LOCAL work_mem), or let an index give the order',
      refuted_by: 'log_temp_files = 0 logs no temporary file of these statements',
      queries: named(ranked),
    };
  },
};
