/** What Pebble tells the outside: the rows of `--json` and the messages of the HTTP API. Types only. */
export type * from './live.ts';
export type * from './query-row.ts';
export type * from './row-head.ts';
export type * from './wait-row.ts';
