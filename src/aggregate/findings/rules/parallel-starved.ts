/** Plans count on parallel workers that are not there. */
import { formatShare } from '../../../base/units.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.2;
const LEAST_WORKERS = 10;

export const parallelStarved: Rule = {
  id: 'parallel-starved',
  find({ catalog }) {
    const [now, before] = [catalog?.now, catalog?.before];
    if (!now?.parallel_workers || !before?.parallel_workers) return undefined;
    const planned = now.parallel_workers.planned - before.parallel_workers.planned;
    const missing = planned - (now.parallel_workers.launched - before.parallel_workers.launched);
    if (missing < LEAST_WORKERS || missing / planned < LEAST_SHARE) return undefined;
    const settings = ['max_parallel_workers', 'max_worker_processes', 'max_parallel_workers_per_gather'];
    return {
      severity: 'warning',
      title: `${missing} of ${planned} parallel workers that plans count on were not there: ${formatShare(missing / planned)}`,
      evidence: [
        'by pg_stat_database, in the last minutes',
        ...settings.flatMap((name) => (now.settings[name] === undefined ? [] : `${name} = ${now.settings[name]}`)),
      ],
      sql: "SELECT datname, leader_pid, count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker' GROUP BY 1, 2 ORDER BY 3 DESC",
      advice:
        'raise max_parallel_workers (and max_worker_processes) where CPUs are idle, or lower max_parallel_workers_per_gather so that each statement takes fewer',
      refuted_by: 'parallel_workers_launched grows as parallel_workers_to_launch does',
      queries: [],
    };
  },
};
