/** A known load as others have it: a real Prometheus in both formats, promtool, and a receiver of OTLP that is not always well. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { Running, TemporaryDirectory, UNABLE, until } from '../cli/pebble.ts';
import { Receiver } from './receiver.ts';

const PROMETHEUS = '/usr/bin/prometheus';
const PROMTOOL = '/usr/bin/promtool';
const NO_PROMETHEUS = existsSync(PROMETHEUS) ? false : `no Prometheus at ${PROMETHEUS}`;
const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CALLS = 241;
/** Of one session for a lock, at least. */
const LOCKED_MS = 1300;
const SETTINGS = `
store = none
listen = 127.0.0.1:0
metrics_listen = '127.0.0.1:0'
metrics_queries = 2
flush_interval = 1s
otlp_interval = 1s
otlp_slow = ${LOCKED_MS - 100}ms
otlp_headers = 'authorization=Bearer of-the-test'
`;

describe('exports', { skip: UNABLE }, () => {
  const folder = new TemporaryDirectory();
  let cluster: Cluster;
  let agent: Running;
  let receiver: Receiver;
  let prometheus: ChildProcess | undefined;
  let metrics: string;
  let api: string;

  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    const config = join(folder.path, 'agent.conf');
    // Away at first; then it refuses one request for good.
    receiver = await Receiver.start([503, 400]);
    writeFileSync(config, `${SETTINGS}otlp_endpoint = ${receiver.endpoint}/\n`);
    agent = new Running(['agent', '--config', config, '--pgdata', cluster.pgdata]);
    await agent.until('it serves metrics', () => /metrics on port \d+/.test(agent.stdout));
    const address = `127.0.0.1:${/metrics on port (\d+)/.exec(agent.stdout)![1]}`;
    metrics = `http://${address}/metrics`;
    const connection = await Connection.open(cluster);
    // Of all statements the second in time, however fast the machine is: the other series are of the lock and `other`.
    await connection.query('CREATE VIEW measured AS SELECT n FROM pg_sleep(0.001), (VALUES (1)) AS one (n)');
    for (let n = 0; n < CALLS; n++) await connection.query('SELECT FROM measured');
    for (const table of ['a', 'b', 'c']) await connection.query(`CREATE TABLE ${table} ()`);
    await waitForLock(connection, await Connection.open(cluster));
    if (NO_PROMETHEUS) return;
    const port = await freePort();
    api = `http://127.0.0.1:${port}/api/v1/query?query=`;
    prometheus = startPrometheus(join(folder.path, 'prometheus'), address, port);
  });
  after(async () => {
    prometheus?.kill('SIGKILL');
    agent?.signal('SIGTERM');
    await agent?.ended;
    receiver?.close();
    await cluster?.stop();
    folder.remove();
  });

  /** Requests of both sessions: BEGIN, LOCK, pg_backend_pid, ROLLBACK; SELECT. */
  const LOCK_CALLS = 5;
  let blocker: number;
  async function waitForLock(holder: Connection, waiter: Connection): Promise<void> {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE a');
    const [answer] = await holder.query('SELECT pg_backend_pid()');
    blocker = Number(answer!.rows[0]![0]);
    const waiting = waiter.query('SELECT FROM a');
    await sleep(LOCKED_MS + 200);
    await holder.query('ROLLBACK');
    await waiting;
    await Promise.all([holder.close(), waiter.close()]);
  }

  /** The value of an expression, when it has one. */
  async function query(expression: string): Promise<number> {
    for (let tries = 0; tries < 60; tries++) {
      const answer = await fetch(`${api}${encodeURIComponent(expression)}`).catch(() => undefined);
      const { data } = answer?.ok ? ((await answer.json()) as { data: { result: { value: [number, string] }[] } }) : {};
      if (data && data.result.length > 0) return Number(data.result[0]!.value[1]);
      await sleep(500);
    }
    throw new Error(`Prometheus has no ${expression}`);
  }

  test('OTLP: what the receiver did not take is sent again or counted, and said in the log', async () => {
    await until('metrics arrive', () => receiver.point('pebble.otlp.lost_requests')?.value === 1);
    const [first, again] = receiver.bodies;
    assert.ok(first!.equals(again!));
    assert.ok(receiver.headers.every(({ authorization }) => authorization === 'Bearer of-the-test'));
    const said = agent.stderr.split('\n').filter((line) => line.startsWith('sending to OpenTelemetry'));
    assert.equal(said.length, 2, agent.stderr);
    assert.match(said[0]!, /\/v1\/metrics answered 503: the tester says no$/);
    assert.match(said[1]!, /answered 400/);
    const pending = receiver.point('pebble.otlp.pending_requests')!.value;
    assert.equal(pending, 0);
  });

  test('OTLP: metrics count what was executed', async () => {
    await until('all is counted', () => requestsOf(receiver) === CALLS + 4 + LOCK_CALLS);
    const info = receiver.metrics.find(({ name }) => name === 'pebble.query.info')!.points;
    const { attributes } = info.find((point) => point.attributes['db.query.text'] === 'SELECT FROM measured')!;
    const own = { 'postgresql.queryid': attributes['postgresql.queryid']! };
    assert.equal(receiver.point('pebble.query.calls', own)!.value, CALLS);
    const latency = receiver.point('pebble.query.latency', own)!;
    assert.equal(latency.count, CALLS);
    const parts = ['cpu', 'wait', 'run_queue'].map((name) => receiver.point(`pebble.query.${name}`, own)!.value);
    assert.ok(Math.abs(parts.reduce((sum, part) => sum + part) - latency.value) < 1e-6 * CALLS);
  });

  test('OTLP: the execution that waited for a lock is a trace, the wait a span in it', async () => {
    const isOfWaiter = ({ attributes }: { attributes: Readonly<Record<string, unknown>> }): boolean =>
      attributes['db.query.text'] === 'SELECT FROM a';
    await until('the trace arrives', () => receiver.spans.some(isOfWaiter));
    const roots = receiver.spans.filter(isOfWaiter);
    assert.equal(roots.length, 1);
    const [root] = roots;
    assert.deepEqual([root!.service, root!.name.split(' ')[0]], ['postgresql', 'SELECT']);
    const locks = receiver.spans.filter(
      ({ parentSpanId, name }) => parentSpanId === root!.spanId && /^Lock/.test(name),
    );
    // The timer of deadlock_timeout wakes it once: the second sleep is of the same wait.
    const seconds = locks.reduce((sum, lock) => sum + lock.seconds, 0);
    assert.ok(seconds >= LOCKED_MS / 1000 && seconds <= root!.seconds, `${seconds} s of ${root!.seconds} s`);
    assert.deepEqual(new Set(locks.map(({ name }) => name)), new Set(['Lock: relation']));
    const blockers = locks.flatMap(({ attributes }) => attributes['pebble.blocker_pid'] ?? []);
    assert.deepEqual(new Set(blockers), new Set([String(blocker)]));
  });

  test('promtool has nothing to say, series are bounded, no pid is a label', { skip: NO_PROMETHEUS }, async () => {
    const text = await (await fetch(metrics)).text();
    const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
    const calls = text.split('\n').filter((line) => line.startsWith('pebble_query_calls_total{'));
    assert.equal(calls.length, 3, calls.join('\n'));
    assert.ok(
      calls.some((line) =>
        line.includes(`cluster="${cluster.pgdata}",datname="other",usename="other",queryid="other"`),
      ),
    );
    assert.doesNotMatch(text, /pid="/);
    assert.match(text, /pebble_query_info\{[^}]*query="SELECT FROM measured"\} 1/);
  });

  test('alert rules fire on what they are for and not beside it', { skip: NO_PROMETHEUS }, () => {
    const { status, stdout, stderr } = spawnSync(PROMTOOL, ['test', 'rules', fileOf('test/export/alerts.test.yml')], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });

  test('rules and board ask for metrics that there are, in words that Prometheus takes', {
    skip: NO_PROMETHEUS,
  }, async () => {
    const text = await (await fetch(metrics)).text();
    const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
    const [rules, board] = ['deploy/prometheus-alerts.yml', 'deploy/grafana-board.json'].map((path) =>
      readFileSync(fileOf(path), 'utf8'),
    );
    const asked = new Set(
      [...`${rules}${board}`.matchAll(/\bpebble_[a-z_]+/g)].map(([name]) => name!.replace(/_bucket$/, '')),
    );
    assert.deepEqual([...asked.difference(names)], []);
    const { panels } = JSON.parse(board!) as { panels: { targets: { expr: string }[] }[] };
    const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assert.ok(expressions.length > 10);
    for (const expression of expressions) {
      const filled = expression.replaceAll('$cluster', '.*').replaceAll('$__rate_interval', '5s');
      const answer = await fetch(`${api}${encodeURIComponent(filled)}`);
      assert.equal(answer.status, 200, `${filled}: ${await answer.text()}`);
    }
  });

  test('Prometheus counts what was executed, the rest is other', { skip: NO_PROMETHEUS }, async () => {
    const [id] = /fingerprint:-?\d+(?=",query="SELECT FROM measured")/.exec(await (await fetch(metrics)).text())!;
    const own = `{queryid="${id}"}`;
    assert.equal(await query(`pebble_query_calls_total${own}`), CALLS);
    const all = await query('sum(pebble_query_requests_total)');
    assert.equal(all, CALLS + 4 + LOCK_CALLS);
    // Native histograms come in the binary format only.
    assert.equal(await query(`histogram_count(pebble_query_latency_seconds${own})`), CALLS);
    const sum = await query(`histogram_sum(pebble_query_latency_seconds${own})`);
    const busy = ['cpu', 'wait', 'run_queue']
      .map((name) => `sum(pebble_query_${name}_seconds_total${own})`)
      .join(' + ');
    assert.ok(Math.abs((await query(busy)) - sum) < 1e-6 * CALLS);
    const median = await query(`histogram_quantile(0.5, pebble_query_latency_seconds${own})`);
    assert.ok(median > 1e-6 && median < sum, String(median));
    assert.equal(await query('pebble_cluster_watched'), 1);
  });
});

const requestsOf = ({ metrics }: Receiver): number =>
  (metrics.find(({ name }) => name === 'pebble.query.requests')?.points ?? []).reduce(
    (sum, { value }) => sum + value,
    0,
  );

function startPrometheus(folder: string, target: string, port: number): ChildProcess {
  mkdirSync(folder);
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    config,
    `scrape_configs:\n  - job_name: pebble\n    scrape_interval: 1s\n    static_configs:\n      - targets: ['${target}']\n`,
  );
  return spawn(
    PROMETHEUS,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=native-histograms',
    ],
    { stdio: 'ignore' },
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
