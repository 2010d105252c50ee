/** Without root: the demo and its like look into memory, and say so; against the server's own view of the same time. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { LockRows } from '../../src/collect/attribution/index.ts';
import { Sampled, SampledLocks, sampledQueries, sampledWaits } from '../../src/collect/sampled/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { assertDocumented, lockRows, sampledQueryRows, sampledWaitRows } from './contract.ts';
import { command, type Ended, PEBBLE, Running, TemporaryDirectory } from './pebble.ts';

const isRoot = process.geteuid?.() === 0;
/** Root becomes nobody, anybody else stays who they are. */
const AS_USER = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
const [RUNS, ...GIVEN] = [...AS_USER, PEBBLE];
const [READS, ...READ] = [...AS_USER, 'test', '-r', PEBBLE];
const UNABLE = command(READS!, ...READ).status !== 0 && 'only root may read this checkout';

/** As a user who has just cloned it. */
const start = ({ path }: TemporaryDirectory, ...argv: string[]): Running =>
  new Running([...GIVEN, ...argv], { TMPDIR: path }, RUNS);

/** Where a user may look into other processes of theirs (kernel.yama.ptrace_scope) they are rows, else one clear line. */
function assertLocks({ status, stdout, stderr }: Ended): void {
  if (status === 3) {
    assert.match(stderr, /needs root/);
    return;
  }
  assert.equal(status, 0, stderr);
  assert.match(stderr, /looked for 20 times a second: .*; missing here: root \(sudo\)/);
  const rows = lockRows(stdout);
  const convoy = rows.filter(({ waiter_query }) => waiter_query?.startsWith('UPDATE demo.counters'));
  assert.ok(convoy.length > 0, stdout);
  for (const { coverage, inexact, blocker_pid, waiter_pid } of convoy) {
    assert.deepEqual([coverage, inexact.includes('wait_us')], ['sampled', true]);
    assert.notEqual(blocker_pid, waiter_pid);
  }
}

describe('without root', { skip: UNABLE }, () => {
  const directory = new TemporaryDirectory();
  after(() => directory.remove());

  test('the demo shows its load, and one line says what is missing', async () => {
    const { status, stdout, stderr } = await start(directory, 'demo', '--duration', '4').ended;
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^sampled 20 times a second: .*eBPF would add calls, .*; missing here: root \(sudo\)$/m);
    assert.match(stdout, /Lock:transactionid.* UPDATE demo\.counters SET hits = hits \+ \$\d WHERE/);
    assert.deepEqual(directory.entries, []);
  });

  test('--json: rows keep their fields, what is not known is null; beside it locks and an agent of the same server', async () => {
    const demo = start(directory, 'demo', '--json', '--duration', '10m');
    await demo.watching();
    const agent = start(directory, 'agent', '--listen', '127.0.0.1:0', '--for', '1s');
    const locks = await start(directory, 'locks', '--json', '--duration', '2').ended;
    const watched = await agent.ended;
    demo.signal('SIGINT');
    const { status, stdout, stderr } = await demo.ended;
    assertLocks(locks);
    assert.equal(watched.status, locks.status || 0, watched.stderr);
    if (locks.status === 0) {
      assert.match(watched.stderr, /coverage: sampled; no history is kept/);
      assert.match(watched.stdout, /\?token=/);
    }
    assert.equal(status, 130, stderr);
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

  test('of lock waits: who waits inside of what, for whom, about how long', async () => {
    const [holder, waiter] = [await Connection.open(cluster), await Connection.open(cluster)];
    await holder.query(`CREATE TABLE held (id int); INSERT INTO held VALUES (1);
      CREATE FUNCTION wait_inside() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE held SET id = 2; END $$`);
    const inside = (await Sampled.start({ pgdata: cluster.pgdata, inside: true }))!;
    const locks = new SampledLocks(inside);
    const rows = new LockRows(locks);
    await holder.query('BEGIN; UPDATE held SET id = 1');
    const began = performance.now();
    const waiting = waiter.query('SELECT wait_inside()');
    await sleep(1000);
    await holder.query('COMMIT');
    await waiting;
    const longest = (performance.now() - began) * 1000;
    await sleep(200);
    const [row, ...more] = rows.advance();
    assert.deepEqual(more, []);
    assert.deepEqual(
      [row!.waiter_pid, row!.blocker_pid, row!.root_pid, row!.blocker_state, row!.count, row!.coverage],
      [waiter.backendPid, holder.backendPid, holder.backendPid, 'idle in transaction', 1, 'sampled'],
    );
    assert.deepEqual([row!.waiter_inner_query, row!.blocker_inner_query], ['UPDATE held SET id = $1', null]);
    // The server's clock and ours are told in milliseconds.
    assert.ok(row!.wait_us > 0.5e6 && row!.wait_us <= longest + 1000, `${row!.wait_us} of ${longest}`);
    locks.close();
    inside.close();
    await Promise.all([holder.close(), waiter.close()]);
  });

  test('of a chain of lock waits found in one look: each is counted once, below the one who blocks all', async () => {
    const sessions = await Promise.all([1, 2, 3, 4].map(() => Connection.open(cluster)));
    // Their places in the server's memory are in the order of their start, the chain is not.
    const [third, root, second, last] = sessions.toSorted((a, b) => a.backendPid - b.backendPid);
    await root!.query('CREATE TABLE chain (id int PRIMARY KEY, n int); INSERT INTO chain VALUES (1), (2), (3)');
    const update = (session: Connection, id: number) => session.query(`UPDATE chain SET n = 0 WHERE id = ${id}`);
    for (const [at, session] of [root!, second!, third!].entries()) {
      await session.query('BEGIN');
      await update(session, at + 1);
    }
    const locks = new SampledLocks(sampled);
    const rows = new LockRows(locks);
    const waiting = [update(second!, 1), update(third!, 2), update(last!, 3)];
    // Nobody looks before all of them wait.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    await sleep(200);
    const found = rows.advance().map((row) => [row.waiter_pid, row.blocker_pid, row.root_pid, row.count]);
    locks.close();
    for (const session of [root!, second!, third!]) await session.query('COMMIT');
    await Promise.all(waiting);
    await Promise.all(sessions.map((session) => session.close()));
    const pids = [root, second, third, last].map((session) => session!.backendPid);
    const expected = [1, 2, 3].map((at) => [pids[at], pids[at - 1], pids[0], 1]);
    assert.deepEqual(found.toSorted(), expected.toSorted());
  });

  test('of waits for the same lock, one after the other: each is one', async () => {
    const [holder, waiter] = [await Connection.open(cluster), await Connection.open(cluster)];
    await holder.query('SELECT pg_advisory_lock(7)');
    const locks = new SampledLocks(sampled);
    const rows = new LockRows(locks);
    await waiter.query(`SET lock_timeout = 200; DO $$ BEGIN
      FOR n IN 1..5 LOOP
        BEGIN PERFORM pg_advisory_lock(7); EXCEPTION WHEN lock_not_available THEN END;
      END LOOP;
    END $$`);
    const [row, ...more] = rows.advance();
    locks.close();
    await Promise.all([holder.close(), waiter.close()]);
    assert.deepEqual([more.length, row!.count], [0, 5]);
    assert.ok(row!.max_us < row!.wait_us / 2, `${row!.max_us} of ${row!.wait_us}`);
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
