/** Where every nanosecond of every request goes: the collector behind `top`, `queries`, `waits` and the agent. */
export { Attribution, type AttributionOptions, type Refused, type WatchedCluster } from './attribution.ts';
export { requireHost } from './host.ts';
export { QueryRows } from './query-rows.ts';
export type { Totals } from './totals.ts';
export { WaitRows } from './wait-rows.ts';
