/** What Pebble tells the outside: the rows of `--json` and the messages of the HTTP API. Types only. */
export type * from './agent-status.ts';
export type * from './commit-row.ts';
export type * from './doer.ts';
export type * from './execution-row.ts';
export type * from './history.ts';
export type * from './http.ts';
export type * from './io-row.ts';
export type * from './live.ts';
export type * from './lock-row.ts';
export type * from './overhead.ts';
export type * from './profile-row.ts';
export type * from './query-row.ts';
export type * from './report.ts';
export type * from './row-head.ts';
export type * from './sampled.ts';
export type * from './session-row.ts';
export type * from './wait-row.ts';
