/** Clients connect for a few statements each: a process, a log-in and cold caches every time. */
import { formatRate } from '../../../base/units.ts';
import { sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

/** A second. */
const LEAST = 5;
const MOST_CALLS = 20;

export const connectionChurn: Rule = {
  id: 'connection-churn',
  find({ catalog, queries, observedUs }) {
    const [now, before] = [catalog?.now, catalog?.before];
    const started = (now?.sessions_started ?? 0) - (before?.sessions_started ?? Number.POSITIVE_INFINITY);
    const seconds = (Date.parse(now?.at ?? '') - Date.parse(before?.at ?? '')) / 1000;
    const rate = started / seconds;
    const calls = (sumOf(queries, (row) => row.calls) * 1e6) / observedUs / rate;
    if (!(rate >= LEAST) || calls > MOST_CALLS) return undefined;
    return {
      severity: 'warning',
      title: `${formatRate(rate)} sessions a second begin, for ${formatRate(calls)} statements each`,
      evidence: [`${started} sessions in ${Math.round(seconds)} s, by pg_stat_database`],
      sql: 'SELECT datname, usename, application_name, client_addr, count(*), min(backend_start) FROM pg_stat_activity GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC',
      advice:
        'a pool: in the application, or pgbouncer before the server; `pebble run pgconn` says what a connection costs here',
      refuted_by: 'sessions of pg_stat_database stands still',
      queries: [],
    };
  },
};
