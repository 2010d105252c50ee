/** What PostgreSQL adds to the tracing language: `pg.query`, `pg:query_done`. */

export { serverBinary } from './clusters.ts';
export { type ClusterChoice, postgresTarget } from './provider.ts';
