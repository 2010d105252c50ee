/** Accidents of PostgreSQL under a watcher: killed, restarted, replaced by another build, flooded with sessions. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { type Running, UNABLE, until } from '../cli/pebble.ts';
import { assertNoCrash, callsOf, endWatching, LONG, openSessions, scaled, select, startWatching } from './accident.ts';

/** The next process gets the pid after it, where that is free (CONFIG_CHECKPOINT_RESTORE). */
const LAST_PID = '/proc/sys/kernel/ns_last_pid';

describe('accidents of PostgreSQL', { skip: UNABLE }, () => {
  let cluster: Cluster;
  let run: Running | undefined;
  before(async () => {
    const settings = { max_connections: String(scaled(300, 1100)) };
    cluster = await startCluster({ flavour: 'embedded', settings });
  });
  // One that failed leaves its watcher; to one that has ended a signal does nothing.
  afterEach(() => run?.signal('SIGKILL'));
  after(async () => {
    await cluster?.stop();
  });

  for (const signal of LONG ? (['INT', 'QUIT', 'KILL'] as const) : (['KILL'] as const)) {
    test(`stopped with SIG${signal} and started again: what ran before is counted, the new server is found`, async () => {
      run = await startWatching(cluster);
      await select(cluster, 'before', 101);
      await cluster.restart({ signal });
      // A watcher looks for new servers every second: what comes before that is not seen.
      await sleep(4000);
      await select(cluster, 'afterwards', 103);
      const rows = await endWatching(run);
      assert.deepEqual([callsOf(rows, 'before'), callsOf(rows, 'afterwards')], [101, 103]);
    });
  }

  test('its program is replaced while it runs, as package managers do: the old one is counted, then the new one', async () => {
    run = await startWatching(cluster);
    const program = join(cluster.binDir, 'postgres');
    copyFileSync(program, `${program}.new`);
    renameSync(`${program}.new`, program);
    await select(cluster, 'replaced', 107);
    assert.equal(callsOf(await endWatching(run), 'replaced'), 107);
    // A watcher that starts now finds "postgres (deleted)" behind /proc/PID/exe.
    run = await startWatching(cluster);
    await select(cluster, 'deleted', 109);
    await cluster.restart();
    await sleep(4000);
    await select(cluster, 'upgraded', 113);
    const rows = await endWatching(run);
    assert.deepEqual([callsOf(rows, 'deleted'), callsOf(rows, 'upgraded')], [109, 113]);
  });

  test('a backend is killed in the middle of a statement: the postmaster starts anew, and so do the counts', async () => {
    run = await startWatching(cluster);
    const victim = await Connection.open(cluster);
    const [answer] = await victim.query('SELECT pg_backend_pid()');
    const pid = Number(answer!.rows[0]![0]);
    const ended = victim.query('SELECT pg_sleep(60)').catch(() => undefined);
    await sleep(300);
    process.kill(pid, 'SIGKILL');
    await ended;
    for (let tries = 0; ; tries++) {
      await sleep(200);
      if (
        await select(cluster, 'recovered', 127).then(
          () => true,
          (error: unknown) => (tries > 50 ? Promise.reject(error) : false),
        )
      )
        break;
    }
    const rows = await endWatching(run);
    assert.equal(callsOf(rows, 'recovered'), 127);
    assert.deepEqual(new Set(rows.map(({ dropped }) => dropped)), new Set([0]));
  });

  test('a program that a backend starts is not the backend: its time is waited for', async () => {
    run = await startWatching(cluster);
    const session = await Connection.open(cluster);
    await session.query('CREATE TABLE from_program (n int)');
    const program = 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; echo $i';
    for (let n = 0; n < 3; n++) await session.query(`COPY from_program FROM PROGRAM '${program}'`);
    await session.close();
    const rows = await endWatching(run);
    const [copy] = rows.filter(({ query }) => query?.startsWith('COPY from_program'));
    assert.equal(copy?.calls, 3);
    assert.ok(copy.on_cpu_us < copy.latency_us.total / 4, JSON.stringify(copy));
    assert.ok(copy.off_cpu_us > copy.latency_us.total / 2, JSON.stringify(copy));
  });

  test('a pid comes again: two sessions are two', {
    skip: !existsSync(LAST_PID) && `there is no ${LAST_PID}`,
  }, async () => {
    run = await startWatching(cluster);
    await select(cluster, 'again', 0);
    const first = await Connection.open(cluster);
    const pid = first.backendPid;
    for (let n = 0; n < 11; n++) await first.query('SELECT FROM again');
    await first.close();
    await until('another session has its pid', async () => {
      writeFileSync(LAST_PID, String(pid - 1));
      const second = await Connection.open(cluster);
      if (second.backendPid === pid) for (let n = 0; n < 13; n++) await second.query('SELECT 1 FROM again');
      await second.close();
      return second.backendPid === pid;
    });
    const rows = await endWatching(run);
    const calls = ['SELECT FROM again', 'SELECT $1 FROM again'].map((text) =>
      rows.filter(({ query }) => query === text).map((row) => row.calls),
    );
    assert.deepEqual(calls, [[11], [13]]);
    assert.deepEqual(new Set(rows.map(({ dropped }) => dropped)), new Set([0]));
  });

  test('a storm of short sessions: every statement of every one', async () => {
    run = await startWatching(cluster);
    const count = scaled(211, 3001);
    await select(cluster, 'storm', 0);
    for (let at = 0; at < count; at += 10) {
      const batch = Array.from({ length: Math.min(10, count - at) }, () => select(cluster, 'storm', 1));
      await Promise.all(batch);
    }
    const rows = await endWatching(run);
    assert.equal(callsOf(rows, 'storm'), count);
  });

  test(`${scaled(211, 997)} sessions at once, before the watcher and while it watches`, async () => {
    const count = scaled(211, 997);
    await select(cluster, 'crowd', 0);
    const sessions = await openSessions(cluster, Math.ceil(count / 2));
    run = await startWatching(cluster);
    sessions.push(...(await openSessions(cluster, count - sessions.length)));
    for (let round = 0; round < 3; round++)
      await Promise.all(sessions.map((session) => session.query('SELECT FROM crowd')));
    await Promise.all(sessions.map((session) => session.close()));
    const rows = await endWatching(run);
    assert.equal(callsOf(rows, 'crowd'), 3 * count);
    assertNoCrash({ ...cluster, log: () => cluster.log().split('was terminated by signal 9').at(-1)! });
  });
});
