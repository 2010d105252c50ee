/** Names of wait events: from the number in a backend's memory to what pg_stat_activity shows. */

export type { WaitClass, WaitTable } from './table.ts';
export { type WaitEvent, waitEventOf, waitInfoOf, waitName } from './wait-event.ts';
export { waitTableOf } from './waits.ts';
