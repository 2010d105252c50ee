/** The CPU limit of a container or service stops PostgreSQL although CPUs are free. */
import { formatShare } from '../../../base/units.ts';
import { named, rank, severityOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.05;

export const cpuThrottled: Rule = {
  id: 'cpu-throttled',
  find({ machine, queries }) {
    const cluster = queries[0]?.cluster ?? '';
    const throttledUs = machine?.throttled_us[cluster] ?? 0;
    const share = throttledUs / (machine?.window_us ?? 1);
    if (share < LEAST_SHARE) return undefined;
    return {
      severity: severityOf(share),
      title: `the CPU limit of PostgreSQL's cgroup throttles it ${formatShare(share)} of the time`,
      evidence: [],
      sql: null,
      advice:
        'raise the limit (cpu.max, limits.cpu), or use fewer sessions at once: a burst uses up the period for all',
      refuted_by: 'nr_throttled in cpu.stat of the cgroup stands still',
      queries: named(rank(queries, (row) => row.run_queue_us)),
    };
  },
};
