/** Rules whose workload is hard to have on every machine: on rows made by hand, and their healthy twins. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CatalogFacts, MachineFacts, QueryRow, WaitRow } from '../../api/index.ts';
import { findingsOf, RULES, type Situation } from './index.ts';

const SECOND = 1e6;
const HEAD = {
  cluster: '/data',
  system_identifier: '1',
  window_start: '2026-01-31T00:00:00.000Z',
  window_us: 300 * SECOND,
  coverage: 'exact',
  inexact: [],
  dropped: 0,
  database: 'app',
  user: 'alice',
  query_id: '11',
  fingerprint: '22',
  query: 'SELECT * FROM orders WHERE customer = $1',
  query_truncated: false,
} as const;

const ZEROS = Object.fromEntries(
  [
    'running errors parallel_on_cpu_us parallel_off_cpu_us parallel_run_queue_us start_delay_us throttled_us shared_blks_hit shared_blks_read',
    'shared_blks_dirtied shared_blks_written temp_blks_read temp_blks_written wal_records wal_fpi wal_bytes',
  ].flatMap((names) => names.split(' ').map((name) => [name, 0])),
);

/** Busy for so many sessions. */
function query(onCpu: number, offCpu: number, runQueue: number, more: Partial<QueryRow> = {}): QueryRow {
  const total = (onCpu + offCpu + runQueue) * 300 * SECOND;
  return {
    ...HEAD,
    ...ZEROS,
    requests: 3000,
    calls: 3000,
    latency_us: { p50: 1, p95: 1, p99: 1, max: 1, total },
    on_cpu_us: onCpu * 300 * SECOND,
    off_cpu_us: offCpu * 300 * SECOND,
    run_queue_us: runQueue * 300 * SECOND,
    ...more,
  } as QueryRow;
}

const wait = (type: string, event: string, sessions: number): WaitRow => ({
  ...HEAD,
  backend_type: 'client backend',
  inner_query: null,
  inner_fingerprint: null,
  wait_event_type: type,
  wait_event: event,
  wait_on: null,
  woken_by: null,
  count: 1000,
  total_us: sessions * 300 * SECOND,
  max_us: SECOND,
});

const situation = (queries: QueryRow[], waits: WaitRow[] = [], earlier: QueryRow[] = []): Situation => ({
  cpus: 4,
  observedUs: 300 * SECOND,
  queries,
  waits,
  locks: [],
  earlier,
});

const ids = (one: Situation): string[] => findingsOf(one).map(({ id }) => id);

const facts = (more: Partial<CatalogFacts>): Situation => {
  const now: CatalogFacts = {
    at: '2026-01-31T00:05:00.000Z',
    role: 'primary',
    settings: {},
    pending_restart: [],
    config_loaded: '2026-01-30T00:00:00.000Z',
    started: '2026-01-30T00:00:00.000Z',
    horizon: [],
    vacuum: [],
    slots: [],
    standbys: [],
    archiver: { archived: 0, failed: 0, last_failed: null },
    checkpoints: { timed: 0, requested: 0 },
    sessions_started: null,
    parallel_workers: null,
    ...more,
  };
  return { ...situation([]), catalog: { now, before: undefined } };
};
const slot = (active: boolean, gigabytes: number): Situation =>
  facts({ slots: [{ name: 'standby_1', active, retained_bytes: gigabytes * 2 ** 30 }] });
const standby = (megabytes: number): Situation =>
  facts({
    standbys: [{ application: 'b', state: 'streaming', sync_state: 'async', replay_lag_bytes: megabytes * 2 ** 20 }],
  });

const machine = (more: Partial<MachineFacts>, queries: QueryRow[] = [query(0.4, 0, 0.6)]): Situation => {
  const quiet = { cpus: 4, postgres_cpus: 0.4, other_cpus: 0.1, others: [], memory_stall_us: 0, oom_kills: 0 };
  const disk = { postgres_disk_bytes: 2 ** 30, other_disk_bytes: 0, disk_others: [] };
  return { ...situation(queries), machine: { window_us: 300 * SECOND, ...quiet, ...disk, throttled_us: {}, ...more } };
};
/** Statements wait for CPUs, which is a finding of its own. */
const backup = { other_cpus: 3.4, others: [{ name: 'pigz', cpus: 3.3 }] };

/** Beside a GiB of PostgreSQL's own, while statements wait for files a quarter of their time. */
function copied(bytes: number): Situation {
  const others = { other_disk_bytes: bytes, disk_others: [{ name: 'rsync', bytes }] };
  const files = [wait('IO', 'DataFileRead', 0.12)];
  return { ...machine(others, [query(0.38, 0.12, 0)]), waits: files };
}

const CASES: readonly { readonly id: string; readonly sick: Situation; readonly healthy: Situation }[] = [
  {
    id: 'cache-misses',
    sick: situation([query(0.1, 0.9, 0, { shared_blks_read: 1e6 })], [wait('IO', 'DataFileRead', 0.9)]),
    healthy: situation([query(0.4, 0.1, 0, { shared_blks_read: 1e4 })], [wait('IO', 'DataFileRead', 0.1)]),
  },
  {
    id: 'lwlock-contention',
    sick: situation([query(0.5, 2, 0)], [wait('LWLock', 'LockManager', 2)]),
    healthy: situation([query(0.4, 0.6, 0)], [wait('LWLock', 'LockManager', 0.05)]),
  },
  {
    id: 'run-queue',
    sick: situation([query(3.9, 0, 8, { fingerprint: '1' })]),
    healthy: situation([query(0.4, 0, 0.1)]),
  },
  {
    id: 'replication-bound',
    sick: situation([query(0.1, 1, 0)], [wait('IPC', 'SyncRep', 1)]),
    healthy: situation([query(0.1, 1, 0)], [wait('Timeout', 'PgSleep', 1)]),
  },
  {
    id: 'backend-writes',
    sick: situation([query(0.1, 1, 0)], [wait('IO', 'DataFileExtend', 0.6)]),
    healthy: situation([query(0.1, 1, 0)], [wait('IO', 'DataFileExtend', 0.01)]),
  },
  {
    id: 'query-regression',
    sick: situation([query(0.1, 0.9, 0)], [], [query(0.1, 0.1, 0)]),
    healthy: situation([query(0.1, 0.3, 0)], [], [query(0.1, 0.2, 0)]),
  },
  {
    id: 'plan-change',
    sick: situation([query(0.3, 0, 0, { shared_blks_hit: 3e6 })], [], [query(0.2, 0, 0, { shared_blks_hit: 12_000 })]),
    healthy: situation([query(0.3, 0, 0, { shared_blks_hit: 3e6 })], [], [query(0.3, 0, 0, { shared_blks_hit: 2e6 })]),
  },
  {
    id: 'full-page-writes',
    sick: situation([query(0.3, 0, 0, { wal_bytes: 1e9, wal_fpi: 1e5 })]),
    healthy: situation([query(0.3, 0, 0, { wal_bytes: 1e9, wal_fpi: 1e3 })]),
  },
  { id: 'foreign-cpu', sick: machine(backup), healthy: machine(backup, [query(0.4, 0, 0.01)]) },
  { id: 'foreign-disk', sick: copied(8 * 2 ** 30), healthy: copied(2 ** 29) },
  {
    id: 'cpu-throttled',
    sick: machine({ throttled_us: { '/data': 90 * SECOND } }, [query(0.4, 0, 0.01)]),
    healthy: machine({ throttled_us: { '/other': 90 * SECOND, '/data': null } }, [query(0.4, 0, 0.01)]),
  },
  {
    id: 'memory-pressure',
    sick: machine({ oom_kills: 1 }, []),
    healthy: machine({ memory_stall_us: SECOND }, []),
  },
  { id: 'wal-retained', sick: slot(false, 3), healthy: slot(true, 3) },
  { id: 'standby-behind', sick: standby(300), healthy: standby(3) },
  {
    id: 'readers-write',
    sick: situation([query(0.3, 0, 0, { shared_blks_dirtied: 1e5 })]),
    healthy: situation([
      query(0.3, 0, 0, { shared_blks_dirtied: 1e5, query: 'SELECT * FROM orders WHERE customer = $1 FOR UPDATE' }),
    ]),
  },
  { id: 'hot-query', sick: situation([query(2, 0, 0)]), healthy: situation([query(0.2, 0, 0)]) },
];

for (const { id, sick, healthy } of CASES) {
  test(`${id}: said, and nothing of its healthy twin`, () => {
    assert.ok(ids(sick).includes(id), ids(sick).join());
    assert.deepEqual(ids(healthy), []);
  });
}

test('an idle database has no findings, and every rule has an id of its own', () => {
  assert.deepEqual(ids(situation([])), []);
  assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
});

test('every rule is provoked and has a healthy twin, here or on a real workload, and stands in the guide', () => {
  const textOf = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  const real = ['findings', 'catalog'].map((name) => textOf(`test/findings/${name}.pg.test.ts`)).join();
  const isReal = (id: string): boolean => new RegExp(`'${id}'|'${id}:`).test(real);
  const known = RULES.map(({ id }) => id);
  const here = new Set(CASES.map(({ id }) => id));
  assert.deepEqual(
    known.filter((id) => !here.has(id) && !isReal(id)),
    [],
  );
  const guide = textOf('docs/agent.md').split('## Findings')[1]!;
  assert.deepEqual([...guide.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id).toSorted(), known.toSorted());
});

test('planning-bound: parsing and planning is most of what statements do, and does not go unnoticed for waiting for a CPU', () => {
  const phases = (prepare: number, execute: number, calls = 3000): QueryRow =>
    query(prepare + execute, 0, 3, {
      calls,
      phases_us: { prepare: prepare * 300 * SECOND, execute: execute * 300 * SECOND, commit: 0 },
    });
  const [found] = findingsOf(situation([phases(0.3, 0.2)])).filter(({ id }) => id === 'planning-bound');
  assert.equal(found?.title, '60.0% of the CPU time of statements goes to parsing and planning them');
  assert.match(found!.evidence[0]!, /^30\.0ms before each execution of "SELECT \* FROM orders/);
  const isSaid = (...rows: QueryRow[]): boolean => ids(situation(rows)).includes('planning-bound');
  assert.ok(!isSaid(phases(0.1, 0.4)));
  // What they wait for is more; next to nothing is done at all; phases are not collected.
  assert.ok(!isSaid(phases(0.3, 0.2), query(0, 5, 0)));
  assert.ok(!isSaid(phases(0.03, 0.01)));
  assert.ok(!isSaid(query(0.5, 0, 0)));
});
