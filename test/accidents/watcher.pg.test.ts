/** Accidents of the watcher itself: killed at any stage, stopped for a while, two at once, without privileges, on a full disk. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import {
  assertFreed,
  type KernelObject,
  kernelObjectsOf,
  PEBBLE,
  Running,
  TemporaryDirectory,
  UNABLE,
} from '../cli/pebble.ts';
import { assertNoCrash, callsOf, endWatching, scaled, select, startWatching } from './accident.ts';

const BPFTRACE = '/usr/bin/bpftrace';
const CAPABILITIES = ['sys_admin', 'bpf', 'perfmon', 'sys_ptrace', 'dac_read_search', 'dac_override', 'syslog'];

describe('accidents of the watcher', { skip: UNABLE }, () => {
  const folder = new TemporaryDirectory();
  let cluster: Cluster;
  const runs: Running[] = [];
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
  });
  after(async () => {
    for (const run of runs) run.signal('SIGKILL');
    await cluster?.stop();
    folder.remove();
  });

  async function watching(): Promise<Running> {
    const run = await startWatching(cluster);
    runs.push(run);
    return run;
  }

  test('killed at every stage of its start: the kernel lets go of everything', async () => {
    const rounds = scaled(8, 16);
    const seen: KernelObject[] = [];
    // How long a start takes here and now; one that is killed after that has surely attached.
    const begin = performance.now();
    const whole = await watching();
    const startMs = performance.now() - begin;
    seen.push(...kernelObjectsOf(whole.pid));
    whole.signal('SIGKILL');
    await whole.ended;
    for (let round = 0; round < rounds; round++) {
      const run = new Running(['queries', '--json', '--duration', '10m', '--pgdata', cluster.pgdata]);
      await sleep((startMs * round) / rounds);
      seen.push(...kernelObjectsOf(run.pid));
      run.signal('SIGKILL');
      await run.ended;
    }
    assert.ok(
      seen.some(({ kind }) => kind === 'link'),
      'some were killed after they had attached',
    );
    await assertFreed(seen);
  });

  test('two watchers count the same, and one that ends takes nothing from the other', async () => {
    const [first, second] = [await watching(), await watching()];
    await select(cluster, 'shared', 131);
    assert.equal(callsOf(await endWatching(first), 'shared'), 131);
    await select(cluster, 'alone', 137);
    const rows = await endWatching(second);
    assert.deepEqual([callsOf(rows, 'shared'), callsOf(rows, 'alone')], [131, 137]);
  });

  test('stopped for a while: PostgreSQL goes on, and the kernel counts meanwhile', async () => {
    const run = await watching();
    await select(cluster, 'paused', 1);
    run.signal('SIGSTOP');
    await select(cluster, 'paused', 2002);
    await sleep(scaled(2000, 60_000));
    run.signal('SIGCONT');
    assert.equal(callsOf(await endWatching(run), 'paused'), 2003);
  });

  test('another tracer on the same hooks', { skip: !existsSync(BPFTRACE) && 'bpftrace is not installed' }, async () => {
    const script = 'tracepoint:sched:sched_switch,tracepoint:sched:sched_wakeup { @[probe] = count(); }';
    const other = spawn(BPFTRACE, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    other.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = new Promise((resolve) => other.once('close', resolve));
    const hasBegun = await Promise.race([
      new Promise((resolve) => other.stdout.once('data', () => resolve(true))),
      ended.then(() => false),
    ]);
    assert.ok(hasBegun, said);
    const run = await watching();
    await select(cluster, 'beside', 139);
    other.kill('SIGINT');
    await ended;
    await select(cluster, 'beside', 149);
    assert.equal(callsOf(await endWatching(run), 'beside'), 139 + 149);
  });

  describe('root without a capability', { concurrency: 3 }, () => {
    for (const capability of CAPABILITIES) {
      test(`CAP_${capability.toUpperCase()}: counts, or says what is missing`, async () => {
        const without = ['--bounding-set', `-${capability}`, '--inh-caps', `-${capability}`];
        const queries = ['queries', '--json', '--duration', '1', '--pgdata', cluster.pgdata];
        const run = new Running([...without, PEBBLE, ...queries], {}, 'setpriv');
        runs.push(run);
        const { status, stderr } = await run.ended;
        assert.ok(status === 0 || status === 3, `${status}: ${stderr}`);
        if (status === 3) assert.match(stderr, /CAP_|root|privilege/);
        assert.doesNotMatch(stderr, /internal error|at .*\.ts:\d/);
      });
    }
  });

  test('the disk of the history is full: it says so, goes on, and serves what happens now', async () => {
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'pebble-test', disk]);
    try {
      const store = `sqlite:${join(disk, 'history.db')}`;
      const config = join(folder.path, 'agent.conf');
      writeFileSync(config, 'flush_interval = 1s\n');
      const options = ['--config', config, '--pgdata', cluster.pgdata, '--store', store, '--listen', '127.0.0.1:0'];
      const run = new Running(['agent', ...options]);
      runs.push(run);
      await run.until('it serves or says why not', () => /token=/.test(run.stdout));
      execFileSync('sh', ['-c', `cat /dev/zero > ${join(disk, 'filler')} || true`], { stdio: 'ignore' });
      await select(cluster, 'disk_is_full', 151);
      await run.until('it complains', () => /full|disk|space/i.test(run.stderr));
      const objects = kernelObjectsOf(run.pid);
      run.signal('SIGTERM');
      const { status } = await run.ended;
      assert.ok(status === 143 || status === 1, String(status));
      await assertFreed(objects);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  test('after all of this PostgreSQL is unharmed', () => assertNoCrash(cluster));
});
