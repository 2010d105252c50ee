/** docs/json.md as a table of checks: every row of `pebble queries --json` must pass all of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { QueryRow } from '../../src/api/index.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value !== '';
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const time: Check = (value) => Number.isFinite(value) && (value as number) >= 0;
const decimal: Check = (value) => typeof value === 'string' && /^-?\d+$/.test(value);
const moment: Check = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);

const LATENCY: Readonly<Record<keyof QueryRow['latency_us'], Check>> = {
  p50: orNull(time),
  p95: orNull(time),
  p99: orNull(time),
  max: orNull(time),
  total: time,
};

const QUERY_ROW: Readonly<Record<keyof QueryRow, Check>> = {
  cluster: text,
  system_identifier: orNull(decimal),
  window_start: moment,
  window_us: count,
  coverage: oneOf('exact', 'partial', 'sampled'),
  inexact: (value) => Array.isArray(value) && value.every(text),
  dropped: count,
  database: orNull(text),
  user: orNull(text),
  query_id: orNull(decimal),
  fingerprint: decimal,
  query: orNull(text),
  query_truncated: oneOf(true, false),
  requests: count,
  calls: count,
  errors: count,
  latency_us: (value) => typeof value === 'object' && value !== null && passes(value, LATENCY),
  on_cpu_us: time,
  off_cpu_us: time,
  run_queue_us: time,
  start_delay_us: time,
  running: count,
  parallel_on_cpu_us: time,
  parallel_off_cpu_us: time,
  parallel_run_queue_us: time,
  shared_blks_hit: count,
  shared_blks_read: count,
  shared_blks_dirtied: count,
  shared_blks_written: count,
  temp_blks_read: count,
  temp_blks_written: count,
  wal_records: count,
  wal_fpi: count,
  wal_bytes: count,
};

const passes = (row: object, checks: Readonly<Record<string, Check>>): boolean => complaints(row, checks).length === 0;

function complaints(row: object, checks: Readonly<Record<string, Check>>): string[] {
  const values = row as Readonly<Record<string, unknown>>;
  return Object.entries(checks).flatMap(([name, check]) =>
    check(values[name]) ? [] : [`${name}: ${JSON.stringify(values[name])}`],
  );
}

/** Reads NDJSON whose lines keep the contract. */
export function queryRows(stdout: string): QueryRow[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row: QueryRow = JSON.parse(line);
      assert.deepEqual(complaints(row, QUERY_ROW), [], line);
      return row;
    });
}

/** Every field is checked and documented, and nothing else is. */
export function assertDocumented(row: QueryRow): void {
  const documented = [...fieldsIn('Fields of every row'), ...fieldsIn('Query rows: `pebble queries`')].sort();
  assert.deepEqual(Object.keys(QUERY_ROW).sort(), documented);
  assert.deepEqual(Object.keys(row).sort(), documented);
}

/** The names in the first column of the table below a heading of docs/json.md. */
function fieldsIn(heading: string): string[] {
  const document = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8');
  const section = document.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const cells = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell!);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
}
