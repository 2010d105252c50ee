/** Where every nanosecond of every request goes: the collector behind `top`, `queries` and the agent. */

export type { QueryRow } from '../../api/index.ts';
export { Attribution, type AttributionOptions, type Refused, type WatchedCluster } from './attribution.ts';
export { requireHost } from './host.ts';
export { QueryRows } from './query-rows.ts';
export type { Totals } from './totals.ts';
