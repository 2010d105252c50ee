/** A PostgreSQL client of our own: every way of the protocol that drivers use, none of them hidden. */

export { Connection, type ConnectOptions } from './connection.ts';
export { SqlError } from './errors.ts';
export * as frontend from './frontend.ts';
export type { Reply, StatementResult } from './reply.ts';
