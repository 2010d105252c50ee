/** Accidents of the agent: killed at any stage of its start and of its flushes; two of them at once. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import {
  assertFreed,
  type KernelObject,
  kernelObjectsOf,
  PEBBLE,
  pebble,
  Running,
  TemporaryDirectory,
  UNABLE,
  until,
} from '../cli/pebble.ts';
import { assertNoCrash, scaled, select, startAgent } from './accident.ts';

describe('accidents of the agent', { skip: UNABLE }, () => {
  const folder = new TemporaryDirectory();
  const config = join(folder.path, 'agent.conf');
  let cluster: Cluster;
  const runs: Running[] = [];
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
    writeFileSync(config, 'flush_interval = 1s\n');
  });
  after(async () => {
    for (const run of runs) run.signal('SIGKILL');
    await cluster?.stop();
    folder.remove();
  });

  async function start(store: string): Promise<Running> {
    const run = await startAgent(cluster, store, { options: ['--config', config] });
    runs.push(run);
    return run;
  }

  async function kill(run: Running): Promise<void> {
    const objects = kernelObjectsOf(run.pid);
    run.signal('SIGKILL');
    await run.ended;
    await assertFreed(objects);
  }

  function callsIn(store: string, table: string): number {
    const { status, stdout, stderr } = pebble('report', '--json', '--from', '2h', '--top', '1000', '--store', store);
    assert.equal(status, 0, stderr);
    const rows = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ReportRow);
    return rows.reduce(
      (sum, row) => sum + (row.kind === 'query' && row.query === `SELECT FROM ${table}` ? row.calls : 0),
      0,
    );
  }

  test('killed at every stage of its start: its history can be opened again, and the kernel lets go', async () => {
    const store = `sqlite:${join(folder.path, 'start.db')}`;
    const seen: KernelObject[] = [];
    const begin = performance.now();
    await kill(await start(store));
    const startMs = performance.now() - begin;
    const rounds = scaled(2, 8);
    for (let round = 0; round < rounds; round++) {
      const options = ['--config', config, '--pgdata', cluster.pgdata, '--store', store, '--listen', '127.0.0.1:0'];
      const run = new Running(['agent', ...options]);
      await sleep((startMs * round) / rounds);
      seen.push(...kernelObjectsOf(run.pid));
      run.signal('SIGKILL');
      await run.ended;
    }
    await assertFreed(seen);
    const last = await start(store);
    await select(cluster, 'after_killed_starts', 157);
    last.signal('SIGTERM');
    await last.ended;
    assert.equal(callsIn(store, 'after_killed_starts'), 157);
  });

  test('killed at every stage of a flush: nothing twice, nothing lost that is older, the file whole', async () => {
    const path = join(folder.path, 'flush.db');
    const store = `sqlite:${path}`;
    const rounds = scaled(1, 6);
    for (let round = 0; round < rounds; round++) {
      const run = await start(store);
      await select(cluster, `flushed_${round}`, 163);
      await until('an interval is written', () => callsIn(store, `flushed_${round}`) === 163);
      await select(cluster, `cut_${round}`, 167);
      await sleep((2000 * round) / rounds);
      await kill(run);
      assert.equal(callsIn(store, `flushed_${round}`), 163);
      assert.ok(callsIn(store, `cut_${round}`) <= 167);
    }
    const database = new DatabaseSync(path, { readOnly: true });
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    database.close();
  });

  test('two agents with a history each count the same, and one that ends takes nothing from the other', async () => {
    const [first, second] = ['first', 'second'].map((name) => `sqlite:${join(folder.path, `${name}.db`)}`);
    const [one, other] = [await start(first!), await start(second!)];
    await select(cluster, 'by_both', 173);
    one.signal('SIGTERM');
    await one.ended;
    await select(cluster, 'one_left', 179);
    other.signal('SIGTERM');
    await other.ended;
    assert.deepEqual(
      [
        callsIn(first!, 'by_both'),
        callsIn(second!, 'by_both'),
        callsIn(first!, 'one_left'),
        callsIn(second!, 'one_left'),
      ],
      [173, 173, 0, 179],
    );
  });

  test('its log is on a full disk, and nobody reads what it prints: it goes on', async () => {
    const path = join(folder.path, 'deaf.conf');
    writeFileSync(path, 'keep_1d = 2d\n');
    const store = `sqlite:${join(folder.path, 'deaf.db')}`;
    const options = ['--config', path, '--pgdata', cluster.pgdata, '--store', store, '--listen', '127.0.0.1:0'];
    const run = new Running(['-c', 'exec "$0" agent "$@" 2>/dev/full', PEBBLE, ...options], {}, '/bin/sh');
    runs.push(run);
    await run.until('it serves', () => /token=/.test(run.stdout));
    const [link] = /http:\S+/.exec(run.stdout)!;
    run.stopReading();
    writeFileSync(path, 'keep_1d = 3d\n');
    // It says what it took over.
    run.signal('SIGHUP');
    // It prints another link.
    assert.equal((await fetch(link, { redirect: 'manual' })).status, 303);
    await select(cluster, 'nobody_reads', 181);
    run.signal('SIGTERM');
    assert.equal((await run.ended).status, 143);
    assert.equal(callsIn(store, 'nobody_reads'), 181);
  });

  test('after all of this PostgreSQL is unharmed', () => assertNoCrash(cluster));
});
