/** Loads of our own, run in a process of their own: one with known troubles for people, one with known counts for tests. */

export { CALLED_FUNCTION, type Kind } from './counted/kinds.ts';
export type { CountedReport, CountedStatement } from './counted/report.ts';
export { runKinds } from './counted/run.ts';
export { SCENARIOS } from './scenarios/index.ts';
export { type RunningWorkload, runCounted, startDemo, type WorkloadTarget } from './workload.ts';
