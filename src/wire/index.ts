/** The agent as a PostgreSQL server that answers SELECT: for postgres_fdw, psql and drivers. */
export { type Column, RANGE_COLUMNS, RELATIONS, type Relation, type Row } from './catalog.ts';
export type { Source } from './engine.ts';
export { SqlFailure } from './messages.ts';
export type { TimeRange } from './query.ts';
export { type Address, WireServer } from './server.ts';
