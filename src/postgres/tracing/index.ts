/** What PostgreSQL adds to the tracing language: `pg.query`, `pg:query_done`. */

export { type ClusterChoice, postgresTarget, serverBinary } from './provider.ts';
