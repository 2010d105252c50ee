/** Findings: what dominates, in words, with evidence, the next step, and what would show that it is wrong. */

import { archiverFailing } from './rules/archiver-failing.ts';
import { autovacuumBehind } from './rules/autovacuum-behind.ts';
import { autovacuumCancelled } from './rules/autovacuum-cancelled.ts';
import { backendWrites } from './rules/backend-writes.ts';
import { cacheMisses } from './rules/cache-misses.ts';
import { commitBound } from './rules/commit-bound.ts';
import { connectionChurn } from './rules/connection-churn.ts';
import { cpuThrottled } from './rules/cpu-throttled.ts';
import { failingStatements } from './rules/failing-statements.ts';
import { forcedCheckpoints } from './rules/forced-checkpoints.ts';
import { foreignCpu } from './rules/foreign-cpu.ts';
import { foreignDisk } from './rules/foreign-disk.ts';
import { fullPageWrites } from './rules/full-page-writes.ts';
import { hotQuery } from './rules/hot-query.ts';
import { idleInTransaction } from './rules/idle-in-transaction.ts';
import { innerDominated } from './rules/inner-dominated.ts';
import { lockConvoy } from './rules/lock-convoy.ts';
import { lwlockContention } from './rules/lwlock-contention.ts';
import { memoryPressure } from './rules/memory-pressure.ts';
import { parallelStarved } from './rules/parallel-starved.ts';
import { planChange } from './rules/plan-change.ts';
import { planningBound } from './rules/planning-bound.ts';
import { queryRegression } from './rules/query-regression.ts';
import { readersWrite } from './rules/readers-write.ts';
import { replicationBound } from './rules/replication-bound.ts';
import { runQueue } from './rules/run-queue.ts';
import { standbyBehind } from './rules/standby-behind.ts';
import { tempFiles } from './rules/temp-files.ts';
import { walRetained } from './rules/wal-retained.ts';
import { xminHeld } from './rules/xmin-held.ts';
import type { Conclusion, Rule, Situation } from './situation.ts';

export type { Conclusion, Rule, Situation } from './situation.ts';

export const RULES: readonly Rule[] = [
  lockConvoy,
  idleInTransaction,
  commitBound,
  replicationBound,
  cacheMisses,
  backendWrites,
  lwlockContention,
  runQueue,
  queryRegression,
  planChange,
  planningBound,
  tempFiles,
  fullPageWrites,
  failingStatements,
  hotQuery,
  innerDominated,
  readersWrite,
  foreignCpu,
  foreignDisk,
  cpuThrottled,
  memoryPressure,
  xminHeld,
  autovacuumBehind,
  autovacuumCancelled,
  walRetained,
  archiverFailing,
  standbyBehind,
  forcedCheckpoints,
  connectionChurn,
  parallelStarved,
];

const ORDER: readonly Conclusion['severity'][] = ['critical', 'warning', 'info'];

/** The worst first. */
export function findingsOf(situation: Situation): (Conclusion & { readonly id: string })[] {
  return RULES.flatMap(({ id, find }) => {
    const conclusion = find(situation);
    return conclusion ? [{ id, ...conclusion }] : [];
  }).sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
