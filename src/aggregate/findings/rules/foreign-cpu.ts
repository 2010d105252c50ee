/** Something that is not PostgreSQL takes CPUs that its statements wait for. */
import { formatRate, formatShare } from '../../../base/units.ts';
import { databaseUs, LITTLE_SESSIONS, named, rank, severityOf, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

/** Of all CPUs. */
const LEAST_CPUS = 0.25;
/** Of the time of all statements: with less, nobody is in anybody's way. */
const LEAST_QUEUED = 0.1;

export const foreignCpu: Rule = {
  id: 'foreign-cpu',
  find(situation) {
    const { machine, queries, observedUs } = situation;
    const queuedUs = sumOf(queries, (row) => row.run_queue_us);
    const share = queuedUs / databaseUs(situation);
    if (!machine || !(share >= LEAST_QUEUED) || queuedUs / observedUs < LITTLE_SESSIONS) return undefined;
    if (machine.other_cpus < LEAST_CPUS * machine.cpus || machine.other_cpus < machine.postgres_cpus) return undefined;
    const [most] = machine.others;
    return {
      severity: severityOf(share),
      title: `processes outside PostgreSQL use ${formatRate(machine.other_cpus)} of ${machine.cpus} CPUs, ${most ? `${most.name} most of it` : 'none for long'}, while statements wait ${formatShare(share)} of their time for one`,
      evidence: [
        ...machine.others.slice(0, 3).map(({ name, cpus }) => `${name}: ${formatRate(cpus)} CPUs`),
        `PostgreSQL: ${formatRate(machine.postgres_cpus)} CPUs`,
      ],
      sql: null,
      advice: 'move it to another host or another hour, or bound it: a cgroup with cpu.max, nice',
      refuted_by: 'top shows PostgreSQL first while this is said',
      queries: named(rank(queries, (row) => row.run_queue_us)),
    };
  },
};
