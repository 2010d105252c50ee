/** What must hold of rows, whatever the load was. */
import assert from 'node:assert/strict';
import type { QueryRow } from '../../src/api/index.ts';
import { Fingerprinter } from '../../src/postgres/fingerprint/index.ts';
import type { StatementCount } from './servers.ts';
import { total } from './watch.ts';

/** Every nanosecond of a row's latency was spent somewhere. */
export function assertTimeIdentity(rows: readonly QueryRow[]): void {
  for (const row of rows) {
    const spent = row.on_cpu_us + row.off_cpu_us + row.run_queue_us;
    const latency = row.latency_us.total;
    assert.ok(Math.abs(spent - latency) <= latency / 100, `${row.query}: ${spent} µs spent of ${latency} µs`);
    assert.ok(row.start_delay_us <= row.run_queue_us, `${row.query}: start delay is part of the run queue`);
    assert.ok((row.throttled_us ?? 0) <= row.run_queue_us, `${row.query}: so is what it was throttled`);
  }
}

export function assertNothingLost(rows: readonly QueryRow[]): void {
  for (const { coverage, dropped, query } of rows) assert.deepEqual([coverage, dropped], ['exact', 0], query ?? '');
}

/** The rows of a statement of pg_stat_statements: by query id, by fingerprint where a row has none. */
export async function statementRows(
  rows: readonly QueryRow[],
): Promise<(statement: Pick<StatementCount, 'queryId' | 'query'>) => QueryRow[]> {
  const fingerprinter = await Fingerprinter.load();
  return ({ queryId, query }) => {
    const { fingerprint } = fingerprinter.identify(query);
    return rows.filter((row) => (row.query_id === null ? row.fingerprint === fingerprint : row.query_id === queryId));
  };
}

/** Executions of each statement are as pg_stat_statements says. */
export async function assertCountedAlike(
  rows: readonly QueryRow[],
  statements: readonly StatementCount[],
  isExempt: (statement: StatementCount) => boolean = () => false,
): Promise<void> {
  const rowsOf = await statementRows(rows);
  for (const statement of statements) {
    if (isExempt(statement)) continue;
    const succeeded = total(rowsOf(statement), ({ calls, errors }) => calls - errors);
    assert.equal(succeeded, statement.calls, `${statement.query} (${statement.queryId})`);
  }
}
