/** Where every nanosecond of every request goes: the collector behind `top`, `queries`, `waits` and the agent. */
export { Attribution, type AttributionOptions, type Refused, type WatchedCluster } from './attribution.ts';
export { requireHost } from './host.ts';
export { inexactFields, type QueryCounts, QueryRows, queryRow } from './query-rows.ts';
export {
  QUERY_COUNTERS,
  type QueryCounter,
  type QueryTotals,
  Totals,
  WAIT_COUNTERS,
  type WaitTotals,
} from './totals.ts';
export { WaitRows } from './wait-rows.ts';
