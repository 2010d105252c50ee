/** Statements spend their CPU time on being parsed and planned, not on being executed. */
import type { QueryRow } from '../../../api/index.ts';
import { formatMicroseconds, formatShare } from '../../../base/units.ts';
import { named, quote, rank, severityOf, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

/** Of the CPU time whose phase is known, and of all that statements do and wait for but a CPU. */
const [LEAST_OF_CPU, LEAST_OF_ALL] = [0.4, 0.3] as const;
/** Less than this part of a CPU is nobody's trouble. */
const LEAST_CPUS = 0.05;

const preparing = ({ phases_us }: QueryRow): number => phases_us?.prepare ?? 0;
const phased = ({ phases_us }: QueryRow): number =>
  phases_us ? phases_us.prepare + phases_us.execute + phases_us.commit : 0;

export const planningBound: Rule = {
  id: 'planning-bound',
  find({ queries, observedUs }) {
    const prepared = sumOf(queries, preparing);
    const ofCpu = prepared / sumOf(queries, phased);
    const ofAll = prepared / sumOf(queries, ({ on_cpu_us, off_cpu_us }) => on_cpu_us + off_cpu_us);
    // Of no time at all the share is NaN.
    if (!(ofCpu >= LEAST_OF_CPU && ofAll >= LEAST_OF_ALL) || prepared < LEAST_CPUS * observedUs) return undefined;
    const ranked = rank(queries, preparing);
    return {
      severity: severityOf(ofAll),
      title: `${formatShare(ofCpu)} of the CPU time of statements goes to parsing and planning them`,
      evidence: ranked.slice(0, 3).map(({ row, amount }) => {
        const each = formatMicroseconds(amount / Math.max(1, row.calls));
        return `${each} before each execution of ${quote(row.query)}, ${formatShare(amount / prepared)} of it all`;
      }),
      sql: 'SELECT name, statement, generic_plans, custom_plans FROM pg_prepared_statements',
      advice:
        'prepare such statements once a session and execute them often (a pooler must keep them); where values do not change the plan, plan_cache_mode = force_generic_plan; fewer partitions, indexes and joins are planned faster',
      refuted_by: 'the CPU time of a call is the same when it is executed as a prepared statement with a generic plan',
      queries: named(ranked),
    };
  },
};
