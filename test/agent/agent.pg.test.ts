/** `pebble agent` as a service: history of a known load, across restarts of PostgreSQL and its own sudden death. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { pebble, Running, TemporaryDirectory, UNABLE, until } from '../cli/pebble.ts';

describe('pebble agent', { skip: UNABLE }, () => {
  const folder = new TemporaryDirectory();
  const path = join(folder.path, 'history.db');
  const store = `sqlite:${path}`;
  const config = join(folder.path, 'agent.conf');
  let cluster: Cluster;
  let agent: Running;

  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    writeFileSync(config, 'flush_interval = 1s\n');
    agent = await startAgent();
  });
  after(async () => {
    agent?.signal('SIGTERM');
    await agent?.ended;
    await cluster?.stop();
    folder.remove();
  });

  async function startAgent(): Promise<Running> {
    const options = ['--config', config, '--pgdata', cluster.pgdata, '--store', store, '--listen', '127.0.0.1:0'];
    const running = new Running(['agent', ...options]);
    await running.until('it serves', () => /token=/.test(running.stdout));
    return running;
  }

  /** The marker names a table: names of tables are told apart, those of columns are not. */
  async function execute(marker: string, count: number): Promise<void> {
    const connection = await Connection.open(cluster);
    await connection.query(`CREATE TABLE IF NOT EXISTS ${marker} ()`);
    for (let n = 0; n < count; n++) await connection.query(`SELECT FROM ${marker}`);
    await connection.close();
  }

  function reported(): ReportRow[] {
    const { status, stdout, stderr } = pebble('report', '--json', '--from', '1h', '--top', '1000', '--store', store);
    assert.equal(status, 0, stderr);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ReportRow);
  }

  const callsOf = (marker: string): number =>
    reported().reduce(
      (sum, row) => sum + (row.kind === 'query' && row.query === `SELECT FROM ${marker}` ? row.calls : 0),
      0,
    );

  async function untilCalls(marker: string, count: number): Promise<void> {
    await until(`${count} calls of ${marker} are in history`, () => callsOf(marker) === count, 30_000);
  }

  test('a known load is in history beside the agent that writes it', async () => {
    await execute('first', 211);
    const failing = await Connection.open(cluster);
    for (let n = 0; n < 17; n++) await assert.rejects(failing.query('SELECT FROM first WHERE 1 / 0 = 1'));
    await failing.close();
    await untilCalls('first', 211);
    const failedOf = (rows: ReportRow[]) =>
      rows.filter((row) => row.kind === 'query').find(({ query }) => / WHERE /.test(query ?? ''));
    await until('failures are in history', () => failedOf(reported())?.sqlstates?.['22012'] === 17, 30_000);
    const rows = reported();
    const row = rows.find((candidate) => candidate.kind === 'query' && candidate.query === 'SELECT FROM first');
    assert.ok(row?.kind === 'query');
    const failed = failedOf(rows)!;
    assert.deepEqual([failed.errors, failed.sqlstates], [17, { 22012: 17 }]);
    // A Query message is its type, four bytes of length, the text, and a NUL.
    assert.equal(row.received_bytes, 211 * (1 + 4 + 'SELECT FROM first'.length + 1));
    const { latency_us: latency, on_cpu_us, off_cpu_us, run_queue_us } = row;
    assert.equal(row.cluster, cluster.pgdata);
    assert.ok(latency.p50! <= latency.p99! && latency.p99! <= latency.max!);
    // Each was rounded to whole µs on its own.
    assert.ok(Math.abs(on_cpu_us + off_cpu_us + run_queue_us - latency.total) < 10);
    const window = rows.find((candidate) => candidate.kind === 'window');
    assert.ok(window?.kind === 'window' && window.window_us > 0 && window.coverage !== 'sampled');
    assert.match(pebble('report', '--store', store).stdout, /Queries by load:\n/);
    const past = (...argv: string[]) => pebble('run', ...argv, '--from-history', '--store', store);
    assert.match(past('pgwaits').stdout, /of it observed\n\nload▾ /);
    const told = past('pglat', '--json')
      .stdout.split('\n')
      .find((line) => line.includes('"SELECT FROM first"'));
    assert.equal(JSON.parse(told!).calls, 211);
    const failures = past('pgerrors', '--json')
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      failures.map(({ errors, sqlstates }) => [errors, sqlstates]),
      [[17, { 22012: 17 }]],
    );
    assert.match(past('pgerrors').stdout, /errors▾ .*\n +17 +22012 17 .* WHERE /);
    const others = ['pgtop', 'pglocks', 'pgio', 'pgcommit', 'pgslower', 'pgprofile'];
    const ofQueries = ['pgbuf', 'pgmem', 'pgnet', 'pgphases', 'pgrunq', 'pgtemp', 'pgwal'];
    for (const tool of [...others, ...ofQueries]) {
      const { status, stdout, stderr } = past(tool);
      assert.equal(status, 0, stderr);
      assert.ok(/\n\n.*\S/.test(stdout) || /no row: /.test(stderr), `${tool}: ${stdout}`);
      for (const line of stdout.split('\n')) assert.ok(line.length < 100, `${tool}: ${line}`);
    }
    assert.match(pebble('run', 'pgckpt', '--from-history').stderr, /counts only while it runs.*\nhint: .*pgwaits/);
  });

  test('PostgreSQL may restart', async () => {
    await cluster.restart();
    // What runs before the agent has found the new server is not seen: it looks every second.
    for (let tries = 0; callsOf('probing') === 0; tries++) {
      assert.ok(tries < 30, 'the new server is watched');
      await execute('probing', 1);
      await sleep(1000);
    }
    await execute('second', 223);
    await untilCalls('second', 223);
    await untilCalls('first', 211);
  });

  test('killed, it loses nothing older than the flush interval, and goes on', async () => {
    await execute('third', 227);
    await untilCalls('third', 227);
    agent.signal('SIGKILL');
    await agent.ended;
    assert.ok(existsSync(path));
    assert.equal(callsOf('third'), 227);
    agent = await startAgent();
    await execute('fourth', 229);
    await untilCalls('fourth', 229);
    assert.equal(callsOf('first'), 211);
  });

  test('refuses a second writer, and a mistake in its settings', () => {
    const second = pebble('agent', '--pgdata', cluster.pgdata, '--store', store, '--listen', '127.0.0.1:0');
    assert.equal(second.status, 1);
    assert.match(second.stderr, /process \d+ is writing it/);
    const wrong = join(folder.path, 'wrong.conf');
    writeFileSync(wrong, 'flush_intervall = 1s\n');
    const mistaken = pebble('agent', '--config', wrong);
    assert.equal(mistaken.status, 2);
    assert.match(mistaken.stderr, /line 1: there is no setting flush_intervall/);
  });

  test('reads its settings again at SIGHUP, and says what needs a restart', async () => {
    writeFileSync(config, 'flush_interval = 2s\n');
    agent.signal('SIGHUP');
    await agent.until('it says so', () => agent.stderr.includes('flush_interval takes effect after a restart'));
    writeFileSync(config, 'nonsense\n');
    agent.signal('SIGHUP');
    await agent.until('it complains and goes on', () => agent.stderr.includes('"nonsense" is no setting'));
    writeFileSync(config, 'flush_interval = 1s\nbudget = half\n');
    agent.signal('SIGHUP');
    await agent.until('it says where', () => agent.stderr.includes(`${config}, line 2: budget: "half" is not a share`));
    // It goes on as before, with what it had.
    await execute('after_mistakes', 239);
    await untilCalls('after_mistakes', 239);
  });

  test('exports the same counts, as NDJSON and as CSV', () => {
    const lines = pebble('export', '--from', '1h', '--step', '10s', '--store', store)
      .stdout.split('\n')
      .filter(Boolean);
    const rows = lines.map((line) => JSON.parse(line) as { query: string | null; calls: number });
    const own = rows.filter(({ query }) => query === 'SELECT FROM first');
    assert.equal(
      own.reduce((sum, { calls }) => sum + calls, 0),
      211,
    );
    const csv = pebble('export', '--from', '1h', '--step', '10s', '--format', 'csv', '--store', store).stdout;
    const [header, ...cells] = csv.split('\r\n').filter(Boolean);
    assert.ok(header!.includes('latency_us.p95'));
    assert.equal(cells.length, lines.length);
  });

  test('writes what it has when it is told to stop', async () => {
    await execute('fifth', 233);
    agent.signal('SIGTERM');
    const { status, stderr } = await agent.ended;
    assert.equal(status, 143, stderr);
    assert.equal(callsOf('fifth'), 233);
    assert.equal(readFileSync(path).subarray(0, 15).toString(), 'SQLite format 3');
  });
});
