/** docs/json.md as tables of checks: every row of `queries`, `waits` and `locks --json` must pass all of its table. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type {
  LockRow,
  QueryRow,
  Resources,
  RowHead,
  SampledQueryRow,
  SampledWaitRow,
  WaitRow,
} from '../../src/api/index.ts';

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

type Checks<Row> = Readonly<Record<keyof Row, Check>>;

const HEAD: Checks<RowHead> = {
  cluster: text,
  system_identifier: orNull(decimal),
  window_start: moment,
  window_us: count,
  coverage: oneOf('exact', 'partial', 'sampled'),
  inexact: (value) => Array.isArray(value) && value.every(text),
  dropped: count,
};

const RESOURCES: Checks<Resources> = {
  rows: orNull(count),
  received_bytes: orNull(count),
  sent_bytes: orNull(count),
  temp_files: orNull(count),
  temp_file_bytes: orNull(count),
  major_faults: orNull(count),
  memory_grown_bytes: orNull(count),
  memory_kept_bytes: orNull(count),
  memory_max_bytes: orNull(count),
  sqlstates: orNull((value) => Object.entries(value as object).every(([code, n]) => text(code) && count(n))),
};

const QUERY_ROW: Checks<QueryRow> = {
  ...HEAD,
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
  throttled_us: orNull(time),
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
  phases_us: orNull((value) => Object.values(value as object).every(time)),
  ...RESOURCES,
};

const WAIT_ROW: Checks<WaitRow> = {
  ...HEAD,
  backend_type: text,
  database: orNull(text),
  user: orNull(text),
  query_id: orNull(decimal),
  fingerprint: orNull(decimal),
  query: orNull(text),
  query_truncated: oneOf(true, false),
  inner_query: orNull(text),
  inner_fingerprint: orNull(decimal),
  wait_event_type: text,
  wait_event: text,
  wait_on: orNull(text),
  woken_by: orNull(
    (value) => Array.isArray(value) && value.every(({ count: often, total_us }) => count(often) && time(total_us)),
  ),
  count,
  total_us: time,
  max_us: time,
};

const LOCK_ROW: Checks<LockRow> = {
  ...HEAD,
  database: orNull(text),
  waiter_pid: count,
  waiter_backend_type: orNull(text),
  waiter_user: orNull(text),
  waiter_application: orNull(text),
  waiter_query_id: orNull(decimal),
  waiter_fingerprint: orNull(decimal),
  waiter_query: orNull(text),
  waiter_inner_query: orNull(text),
  waiter_inner_fingerprint: orNull(decimal),
  blocker_pid: orNull(count),
  blocker_backend_type: orNull(text),
  blocker_user: orNull(text),
  blocker_application: orNull(text),
  blocker_state: orNull(text),
  blocker_query_id: orNull(decimal),
  blocker_fingerprint: orNull(decimal),
  blocker_query: orNull(text),
  blocker_inner_query: orNull(text),
  blocker_inner_fingerprint: orNull(decimal),
  root_pid: orNull(count),
  lock_type: text,
  relation_name: orNull(text),
  relation: orNull(decimal),
  transaction_id: orNull(decimal),
  mode: text,
  blocker_mode: orNull(text),
  waiting: oneOf(true, false),
  count,
  wait_us: time,
  max_us: time,
};

const SAMPLED = { coverage: oneOf('sampled'), samples: count };
const isNull: Check = (value) => value === null;
const unknown = <Field extends string>(...fields: readonly Field[]) =>
  Object.fromEntries(fields.map((field) => [field, isNull])) as Record<Field, Check>;

const SAMPLED_QUERY_ROW: Checks<SampledQueryRow> = {
  ...QUERY_ROW,
  ...SAMPLED,
  ...unknown('requests', 'calls', 'errors', 'run_queue_us', 'start_delay_us', 'throttled_us', 'parallel_run_queue_us'),
  ...unknown('shared_blks_hit', 'shared_blks_read', 'shared_blks_dirtied', 'shared_blks_written'),
  ...unknown('temp_blks_read', 'temp_blks_written', 'wal_records', 'wal_fpi', 'wal_bytes'),
  ...unknown('phases_us'),
  ...unknown(...(Object.keys(RESOURCES) as (keyof Resources)[])),
  latency_us: (value) => JSON.stringify(value) === '{"p50":null,"p95":null,"p99":null,"max":null,"total":null}',
};

const SAMPLED_WAIT_ROW: Checks<SampledWaitRow> = { ...WAIT_ROW, ...SAMPLED, ...unknown('count', 'max_us') };

const passes = (row: object, checks: Readonly<Record<string, Check>>): boolean => complaints(row, checks).length === 0;

function complaints(row: object, checks: Readonly<Record<string, Check>>): string[] {
  const values = row as Readonly<Record<string, unknown>>;
  return Object.entries(checks).flatMap(([name, check]) =>
    check(values[name]) ? [] : [`${name}: ${JSON.stringify(values[name])}`],
  );
}

/** Reads NDJSON whose lines keep the contract. */
export const queryRows = (stdout: string): QueryRow[] => readRows(stdout, QUERY_ROW);
export const waitRows = (stdout: string): WaitRow[] => readRows(stdout, WAIT_ROW);
export const lockRows = (stdout: string): LockRow[] => readRows(stdout, LOCK_ROW);
export const sampledQueryRows = (stdout: string): SampledQueryRow[] => readRows(stdout, SAMPLED_QUERY_ROW);
export const sampledWaitRows = (stdout: string): SampledWaitRow[] => readRows(stdout, SAMPLED_WAIT_ROW);

function readRows<Row extends object>(stdout: string, checks: Checks<Row>): Row[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row: Row = JSON.parse(line);
      assert.deepEqual(complaints(row, checks), [], line);
      return row;
    });
}

const SECTIONS = {
  queries: { checks: QUERY_ROW, heading: 'Query rows: `pebble queries`', doer: false },
  waits: { checks: WAIT_ROW, heading: 'Wait rows: `pebble waits`', doer: true },
  locks: { checks: LOCK_ROW, heading: 'Lock rows: `pebble locks`', doer: false },
} as const;

/** Every field is checked and documented, and nothing else is. */
export function assertDocumented(row: object, kind: keyof typeof SECTIONS = 'queries'): void {
  const { checks, heading, doer } = SECTIONS[kind];
  const own = [...fieldsIn('Fields of every row'), ...fieldsIn(heading)];
  const documented = [...own, ...(doer ? doerFields() : [])].sort();
  assert.deepEqual(Object.keys(checks).sort(), documented);
  assert.deepEqual(Object.keys(row).sort(), documented);
}

const doerFields = (): string[] => [
  ...new Set([...sectionOf('Who did it').matchAll(/`(\w+)`/g)].map(([, name]) => name!)),
];

/** The names in the first column of the table below a heading of docs/json.md. */
function fieldsIn(heading: string): string[] {
  const cells = [...sectionOf(heading).matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell!);
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
}

function sectionOf(heading: string): string {
  const document = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8');
  return document.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}
