/** Where every nanosecond of every request goes: the collector behind `top`, `queries`, `waits` and the agent. */
export type { ObservedCluster, Refused } from '../observed.ts';
export { asMuchAsTaken, type Made } from './as-much.ts';
export { Attribution, type AttributionOptions, type WatchedCluster } from './attribution.ts';
export type { StatementChoice } from './choice.ts';
export { type ClientTotals, OTHER_CLIENTS } from './clients.ts';
export {
  addCommitWait,
  type CommitDoing,
  CommitRows,
  commitRows,
  isCommitWait,
  newCommitDoing,
} from './commit-rows.ts';
export { DataFiles } from './data-files.ts';
export { doerFields } from './doer.ts';
export { callsElsewhere, type IsElsewhere } from './elsewhere.ts';
export { eventOf } from './events.ts';
export type { EndedExecution } from './execution-rows.ts';
export { requireHost } from './host.ts';
export { cacheRow, deviceRow, fileRow, type IoReading, IoRows } from './io-rows.ts';
export {
  FILE_RULES,
  IO_RULES,
  type IoFileTotals,
  type IoOtherTotals,
  IoTotals,
  type IoTotalsRow,
} from './io-totals.ts';
export { findWays, type KernelWays, type SocketHookName } from './kernel.ts';
export { LockRows, type LockSource } from './locks/lock-rows.ts';
export type { OomKill } from './oom-kills.ts';
export { type Longest, longestOf, peakSince } from './peaks.ts';
export { type AttributionPlan, planAttribution } from './plan.ts';
export { isAlive } from './processes.ts';
export { SIGNALS, type Signal } from './program.ts';
export { failuresSince, inexactFields, type QueryCounts, QueryRows, queryRow } from './query-rows.ts';
export { SAMPLE_NS } from './stack-samples.ts';
export {
  type Doer,
  QUERY_COUNTERS,
  QUERY_MAXIMA,
  QUERY_TIMES,
  type QueryCounter,
  type QueryTotals,
  Totals,
  WAIT_RULES,
  type WaitTotals,
} from './totals.ts';
export { WaitRows } from './wait-rows.ts';
export { type Window, windowBetween } from './window.ts';
