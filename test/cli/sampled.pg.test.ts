/** Without root: the demo and its like look into memory, and say so; against the server's own view of the same time. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Sampled, sampledQueries, sampledWaits } from '../../src/collect/sampled/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { assertDocumented, sampledQueryRows, sampledWaitRows } from './contract.ts';
import { type Ended, PEBBLE, TemporaryDirectory } from './pebble.ts';

const isRoot = process.geteuid?.() === 0;
/** Root becomes nobody, anybody else stays who they are. */
const UNPRIVILEGED = isRoot ? { uid: 65534, gid: 65534 } : {};
const UNABLE =
  isRoot && spawnSync('test', ['-r', PEBBLE], UNPRIVILEGED).status !== 0 && 'only root may read this checkout';

/** As a user who has just cloned it. */
function run(directory: TemporaryDirectory, ...argv: string[]): Promise<Ended> {
  const child = spawn(PEBBLE, argv, { ...UNPRIVILEGED, env: { ...process.env, TMPDIR: directory.path } });
  const seen = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      seen[name] += text;
    });
  }
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...seen })));
}

describe('without root', { skip: UNABLE }, () => {
  const directory = new TemporaryDirectory();
  after(() => directory.remove());

  test('the demo shows its load, and one line says what is missing', async () => {
    const { status, stdout, stderr } = await run(directory, 'demo', '--duration', '4');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^sampled 20 times a second: .*eBPF would add calls, .*; missing here: root \(sudo\)$/m);
    assert.match(stdout, /Lock:transactionid.* UPDATE demo\.counters SET hits = hits \+ \$\d WHERE/);
    assert.deepEqual(directory.entries, []);
  });

  test('--json: rows keep their fields, what is not known is null', async () => {
    const { status, stdout, stderr } = await run(directory, 'demo', '--json', '--duration', '4');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /sampled 20 times a second/);
    const rows = sampledQueryRows(stdout);
    const convoy = rows.find(({ query }) => query?.startsWith('UPDATE demo.counters'))!;
    const { samples: _, ...fields } = convoy;
    assertDocumented(fields);
    const load = (convoy.on_cpu_us + convoy.off_cpu_us) / convoy.window_us;
    assert.ok(load > 1 && load <= 5, `five sessions queue for one row: ${load}`);
  });
});

describe('samples', () => {
  let cluster: Cluster;
  let sampled: Sampled;
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    sampled = (await Sampled.start({ pgdata: cluster.pgdata }))!;
  });
  after(async () => {
    sampled?.close();
    await cluster?.stop();
  });

  test('of sleeping and of computing sessions add up to their time', async () => {
    const [sleeper, worker] = [await Connection.open(cluster), await Connection.open(cluster)];
    const first = sampled.read();
    const both = Promise.all([
      sleeper.query("SELECT pg_sleep(2), 'secret'"),
      worker.query('SET statement_timeout = 2000; SELECT count(*) FROM generate_series(1, 1e12)').catch(() => {}),
    ]);
    await both;
    await sleep(200);
    const now = sampled.read();
    const queries = sampledQueryRows(
      sampledQueries(first, now)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const waits = sampledWaitRows(
      sampledWaits(first, now)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    const asleep = queries.find(({ query }) => query === 'SELECT pg_sleep($1), $2')!;
    const nap = waits.find(
      ({ wait_event, fingerprint }) => wait_event === 'PgSleep' && fingerprint === asleep.fingerprint,
    )!;
    const computing = queries.find(({ query }) => query?.includes('generate_series'))!;
    assert.ok(isAbout(asleep.off_cpu_us, 2e6) && asleep.on_cpu_us < 0.2e6, JSON.stringify(asleep));
    assert.ok(isAbout(nap.total_us, 2e6), JSON.stringify(nap));
    assert.ok(isAbout(computing.on_cpu_us + computing.off_cpu_us, 2e6), JSON.stringify(computing));
    assert.ok(computing.on_cpu_us > 1e6, JSON.stringify(computing));
    await Promise.all([sleeper.close(), worker.close()]);
  });
});

/** Within a tenth, and two samples of a busy machine. */
const isAbout = (value: number, expected: number): boolean => Math.abs(value - expected) < expected / 10 + 0.2e6;
