/** Metrics of a known load, read by a real Prometheus in both formats, and checked by promtool. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { Running, TemporaryDirectory, UNABLE } from '../cli/pebble.ts';

const PROMETHEUS = '/usr/bin/prometheus';
const PROMTOOL = '/usr/bin/promtool';
const CALLS = 241;

describe('metrics', { skip: UNABLE || (existsSync(PROMETHEUS) ? false : `no Prometheus at ${PROMETHEUS}`) }, () => {
  const folder = new TemporaryDirectory();
  let cluster: Cluster;
  let agent: Running;
  let prometheus: ChildProcess;
  let metrics: string;
  let api: string;

  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    const config = join(folder.path, 'agent.conf');
    writeFileSync(config, "store = none\nlisten = 127.0.0.1:0\nmetrics_listen = '127.0.0.1:0'\nmetrics_queries = 2\n");
    agent = new Running(['agent', '--config', config, '--pgdata', cluster.pgdata]);
    await agent.until('it serves metrics', () => /metrics on port \d+/.test(agent.stdout));
    const address = `127.0.0.1:${/metrics on port (\d+)/.exec(agent.stdout)![1]}`;
    metrics = `http://${address}/metrics`;
    const connection = await Connection.open(cluster);
    await connection.query('CREATE TABLE measured ()');
    for (let n = 0; n < CALLS; n++) await connection.query('SELECT FROM measured');
    for (const table of ['a', 'b', 'c']) await connection.query(`CREATE TABLE ${table} ()`);
    await connection.close();
    const port = await freePort();
    api = `http://127.0.0.1:${port}/api/v1/query?query=`;
    prometheus = startPrometheus(join(folder.path, 'prometheus'), address, port);
  });
  after(async () => {
    prometheus?.kill('SIGKILL');
    agent?.signal('SIGTERM');
    await agent?.ended;
    await cluster?.stop();
    folder.remove();
  });

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

  test('promtool has nothing to say, series are bounded, no pid is a label', async () => {
    const text = await (await fetch(metrics)).text();
    const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
    const calls = text.split('\n').filter((line) => line.startsWith('pebble_query_calls_total{'));
    assert.equal(calls.length, 3, calls.join('\n'));
    assert.ok(calls.some((line) => line.includes('queryid="other"')));
    assert.doesNotMatch(text, /pid="/);
    assert.match(text, /pebble_query_info\{[^}]*query="SELECT FROM measured"\} 1/);
  });

  test('Prometheus counts what was executed, the rest is other', async () => {
    const [id] = /fingerprint:-?\d+(?=",query="SELECT FROM measured")/.exec(await (await fetch(metrics)).text())!;
    const own = `{queryid="${id}"}`;
    assert.equal(await query(`pebble_query_calls_total${own}`), CALLS);
    const all = await query('sum(pebble_query_requests_total)');
    assert.equal(all, CALLS + 4);
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
