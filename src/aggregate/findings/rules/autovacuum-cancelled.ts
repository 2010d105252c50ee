/** Statements that need a table push autovacuum off it again and again. */
import type { LockRow } from '../../../api/index.ts';
import { formatMicroseconds } from '../../../base/units.ts';
import { named, quote, rank, sumOf } from '../measure.ts';
import type { Rule } from '../situation.ts';

/** On one table: once is what every change of a table may do. */
const LEAST = 2;
/** Shorter waits end because autovacuum lets go by itself, as when it truncates (vacuumlazy.c); deadlock_timeout is longer. */
const LEAST_WAIT_US = 90_000;

const isPushed = (row: LockRow): boolean =>
  row.blocker_backend_type === 'autovacuum worker' && row.lock_type === 'relation' && row.max_us >= LEAST_WAIT_US;

export const autovacuumCancelled: Rule = {
  id: 'autovacuum-cancelled',
  find({ locks }) {
    const tables = [...Map.groupBy(locks.filter(isPushed), ({ database, relation }) => `${database} ${relation}`)];
    const [worst] = tables
      .map(([, rows]) => ({ rows, count: sumOf(rows, (row) => row.count) }))
      .sort((a, b) => b.count - a.count);
    if (!worst || worst.count < LEAST) return undefined;
    const { rows, count } = worst;
    const [first] = rows;
    const table = first!.relation_name ?? `the relation with OID ${first!.relation}`;
    const waiters = rank(
      rows.map((row) => ({
        ...row,
        fingerprint: row.waiter_fingerprint,
        query_id: row.waiter_query_id,
        query: row.waiter_query,
      })),
      (row) => row.count,
    );
    const longest = Math.max(...rows.map(({ max_us }) => max_us));
    return {
      severity: 'warning',
      title: `autovacuum of ${table} was in the way of statements ${count} times, and is cancelled for each after deadlock_timeout: it may never end`,
      evidence: [
        ...waiters.slice(0, 3).map(({ row, amount }) => `${amount} times ${quote(row.query)}, ${row.mode}`),
        `waited ${formatMicroseconds(longest)} at the longest; much longer than deadlock_timeout means that it was not cancelled, but prevents wraparound`,
      ],
      sql: `SELECT n_dead_tup, last_autovacuum, autovacuum_count FROM pg_stat_all_tables WHERE relid = ${first!.relation}`,
      advice:
        'collect such changes of the table in one moment, with lock_timeout; let autovacuum be quicker (autovacuum_vacuum_cost_delay of the table), or vacuum it by hand',
      refuted_by:
        'autovacuum_count of the table grows meanwhile, and the server\'s log has no "canceling autovacuum task"',
      queries: named(waiters),
    };
  },
};
