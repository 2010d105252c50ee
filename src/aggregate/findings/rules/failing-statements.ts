/** Statements that fail again and again. */
import { formatRate, formatShare } from '../../../base/units.ts';
import { named, quote, rank, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_PER_SECOND = 1;
const LEAST_SHARE = 0.1;

export const failingStatements: Rule = {
  id: 'failing-statements',
  find({ queries, observedUs }) {
    const failing = queries.filter((row) => row.errors > 0 && row.errors >= row.calls * LEAST_SHARE);
    const perSecond = (sumOf(failing, (row) => row.errors) * 1e6) / observedUs;
    if (perSecond < LEAST_PER_SECOND) return undefined;
    const ranked = rank(failing, (row) => row.errors);
    return {
      severity: 'warning',
      title: `${formatRate(perSecond)} statements a second fail, most of them ${quote(ranked[0]!.row.query)}`,
      evidence: ranked
        .slice(0, 3)
        .map(
          ({ row }) =>
            `${formatShare(row.errors / Math.max(1, row.calls))} of its executions fail: ${quote(row.query)}`,
        ),
      sql: null,
      advice: 'the server log has the messages (log_min_error_statement = error)',
      refuted_by: 'the server log has no errors of these statements',
      queries: named(ranked),
    };
  },
};
