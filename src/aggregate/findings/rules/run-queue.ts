/** Sessions are ready to run, and no CPU is free. */
import { formatRate, formatShare } from '../../../base/units.ts';
import { busyUs, databaseUs, LITTLE_SESSIONS, named, rank, severityOf, shareLines, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

const LEAST_SHARE = 0.25;

export const runQueue: Rule = {
  id: 'run-queue',
  find(situation) {
    const { queries, observedUs, cpus } = situation;
    const queuedUs = sumOf(queries, (row) => row.run_queue_us);
    const share = queuedUs / databaseUs(situation);
    if (!(share >= LEAST_SHARE) || queuedUs / observedUs < LITTLE_SESSIONS) return undefined;
    const onCpu = sumOf(queries, (row) => row.on_cpu_us + row.parallel_on_cpu_us) / observedUs;
    const ranked = rank(queries, (row) => row.run_queue_us);
    const byOthers = onCpu < cpus / 2;
    return {
      severity: severityOf(share),
      title: `${formatShare(share)} of database time is waiting for a CPU: ${byOthers ? 'something besides statements takes them' : 'there are more active sessions than CPUs'}`,
      evidence: [
        `statements use ${formatRate(onCpu)} of ${cpus} CPUs, ${formatRate(queuedUs / observedUs)} sessions wait for one on average`,
        `${formatRate(sumOf(queries, busyUs) / observedUs)} active sessions`,
        ...shareLines(ranked),
      ],
      sql: null,
      advice: byOthers
        ? 'look for other processes with top or pidstat, and for a CPU limit: cpu.stat of the cgroup counts throttling'
        : 'fewer active sessions (a pooler), cheaper statements (see those with the most time on a CPU), or more CPUs',
      refuted_by: 'the first column of vmstat is not above the number of CPUs while this is said',
      queries: named(ranked),
    };
  },
};
