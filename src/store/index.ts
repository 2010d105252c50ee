/** History: one interface, and the stores that implement it. */
export {
  type CounterName,
  counterAt,
  countersOf,
  type IdentityName,
  identityAt,
  KIND_NAMES,
  KINDS,
  type Kind,
  type KindName,
  rulesOf,
  textsAt,
} from './kinds.ts';
export { type OpenStoreOptions, openStore, STORE_FORMS } from './open.ts';
export { Outbox } from './outbox.ts';
export { isMostlyIn } from './range.ts';
export { type RecentOptions, RecentStore } from './recent.ts';
export { DEFAULT_RETENTION, type Retention } from './retention.ts';
export type {
  Coverage,
  Covered,
  Filter,
  Interval,
  QueryText,
  RecordKind,
  RecordsRequest,
  Sample,
  Series,
  StepsRequest,
  Store,
  StoredRecord,
  StoreState,
  Summed,
  SumRequest,
  TimeRange,
} from './store.ts';
