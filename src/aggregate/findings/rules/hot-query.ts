/** One statement is most of what the CPUs do for the database. */
import { formatMicroseconds, formatRate, formatShare } from '../../../base/units.ts';
import { named, quote, rank, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.5;
const LEAST_CPUS = 0.5;

export const hotQuery: Rule = {
  id: 'hot-query',
  find({ queries, observedUs, cpus }) {
    const total = sumOf(queries, (row) => row.on_cpu_us);
    const ranked = rank(queries, (row) => row.on_cpu_us + row.parallel_on_cpu_us);
    const [first] = ranked;
    if (!first || first.amount < LEAST_SHARE * total || first.amount < LEAST_CPUS * observedUs) return undefined;
    const { row, amount } = first;
    return {
      severity: 'info',
      title: `${quote(row.query)} takes ${formatShare(amount / total)} of the CPU time of all statements, ${formatRate(amount / observedUs)} of ${cpus} CPUs`,
      evidence: [
        `${formatRate((row.calls * 1e6) / observedUs)} calls a second, ${formatMicroseconds(amount / Math.max(1, row.calls))} of CPU each`,
      ],
      sql: `EXPLAIN (GENERIC_PLAN) ${row.query ?? ''}`.trim(),
      advice:
        'make it cheaper (pebble profile shows where its time goes), or ask less often: a cache, or many keys in one statement',
      refuted_by: 'CPU use of PostgreSQL hardly falls while it is not executed',
      queries: named([first]),
    };
  },
};
