/** Tables have far more dead rows than autovacuum should let them have. */
import { formatCount } from '../../../base/units.ts';
import type { Rule } from '../situation.ts';

/** At the threshold itself it is autovacuum's turn; twice it is late. */
const LATE = 2;
const LEAST_DEAD = 10_000;

export const autovacuumBehind: Rule = {
  id: 'autovacuum-behind',
  find({ catalog }) {
    const late = catalog?.now.vacuum.filter(
      ({ dead_tuples, threshold }) => dead_tuples >= LEAST_DEAD && dead_tuples >= LATE * threshold,
    );
    const worst = late?.[0];
    if (!late || !worst) return undefined;
    const { settings } = catalog!.now;
    const isOff = settings.autovacuum === 'off';
    return {
      severity: worst.dead_tuples > worst.live_tuples ? 'critical' : 'warning',
      title: `autovacuum is ${isOff ? 'off' : 'behind'}: ${worst.relation} in ${worst.database} has ${formatCount(worst.dead_tuples)} dead rows, and should be vacuumed at ${formatCount(worst.threshold)}`,
      evidence: late
        .slice(0, 4)
        .map(
          (one) =>
            `${one.relation}: ${formatCount(one.dead_tuples)} dead, ${formatCount(one.live_tuples)} live; ${one.phase ? `being vacuumed now: ${one.phase}` : `last vacuumed ${one.last_vacuum ?? 'never'}`}`,
        ),
      sql: 'SELECT relname, n_dead_tup, last_autovacuum, autovacuum_count FROM pg_stat_all_tables ORDER BY n_dead_tup DESC LIMIT 10',
      advice: isOff
        ? 'autovacuum = on; a table that needs another rhythm has settings of its own'
        : `see who holds back the horizon; else let autovacuum do more: autovacuum_vacuum_cost_limit, autovacuum_max_workers (${settings.autovacuum_max_workers ?? 'not known'} now)`,
      refuted_by: 'n_dead_tup of pg_stat_all_tables falls by itself within minutes',
      queries: [],
    };
  },
};
