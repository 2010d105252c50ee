/** A statement touches many more blocks a call than before, as it does when its plan or its rows have changed. */
import type { QueryRow } from '../../../api/index.ts';
import { formatMicroseconds, formatRate } from '../../../base/units.ts';
import { busyUs, LITTLE_SESSIONS, quote } from '../measure.ts';
import type { Rule } from '../situation.ts';
import { meanUs, pairs } from './query-regression.ts';

const LEAST_RATIO = 5;
const LEAST_BLOCKS = 50;

const blocks = (row: QueryRow): number => (row.shared_blks_hit + row.shared_blks_read) / Math.max(1, row.calls);

export const planChange: Rule = {
  id: 'plan-change',
  find(situation) {
    const [worst] = pairs(situation)
      .filter(({ now, before }) => blocks(now) >= LEAST_BLOCKS && blocks(now) >= LEAST_RATIO * blocks(before))
      .filter(({ now }) => busyUs(now) / situation.observedUs >= LITTLE_SESSIONS)
      .sort((a, b) => busyUs(b.now) - busyUs(a.now));
    if (!worst) return undefined;
    const { now, before } = worst;
    return {
      severity: 'warning',
      title: `${quote(now.query)} touches ${formatRate(blocks(now))} blocks a call, and ${formatRate(blocks(before))} before`,
      evidence: [`mean ${formatMicroseconds(meanUs(now))}, before ${formatMicroseconds(meanUs(before))}`],
      sql: `EXPLAIN (GENERIC_PLAN) ${now.query ?? ''}`.trim(),
      advice: 'look for a dropped index, old statistics (ANALYZE the tables), or parameters that select many more rows',
      refuted_by:
        'the plan is the one of the earlier window, and it returns as many more rows as it touches more blocks',
      queries: [now],
    };
  },
};
