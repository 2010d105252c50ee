/** Accidents of the host: no BTF, no memory, no descriptors, a clock that is set. The watcher says so, and counts or ends. */
import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportRow } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import {
  assertFreed,
  command,
  type Ended,
  type KernelObject,
  kernelObjectsOf,
  PEBBLE,
  pebble,
  Running,
  TemporaryDirectory,
  UNABLE,
  until,
} from '../cli/pebble.ts';
import { assertNoCrash, callsOf, endWatching, LONG, select, startAgent } from './accident.ts';

const [FAKETIME] = globSync('/usr/lib/*/faketime/libfaketime.so.1');
const MEMORY_CGROUP = '/sys/fs/cgroup/memory';
/** Enough for Node to begin, and too little for the agent. */
const LITTLE_MEMORY = 64 * 2 ** 20;
const HOUR_MS = 3_600_000;
/** All that hosts take from services at once: the unit's capabilities only, /proc of others, locked memory, a disk, tracefs, a language. */
const HARDENED = `
  mount -t proc -o hidepid=invisible proc /proc
  mount -t tmpfs -o noexec pebble-test "$TMPDIR"
  mount -t tmpfs pebble-test /sys/kernel/tracing
  mount -o remount,bind,ro /
  few=-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search,+syslog
  exec prlimit --memlock=0:0 setpriv --bounding-set "$few" --inh-caps "$few" "$0" "$@"`;

describe('accidents of the host', { skip: UNABLE }, () => {
  const folder = new TemporaryDirectory();
  let cluster: Cluster;
  let run: Running | undefined;
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded' });
  });
  afterEach(() => run?.signal('SIGKILL'));
  after(async () => {
    await cluster?.stop();
    folder.remove();
  });

  const queries = (duration = '2'): string[] => [
    'queries',
    '--json',
    '--duration',
    duration,
    '--pgdata',
    cluster.pgdata,
  ];

  /** Counts; or looks now and then and says why; or ends and says why. Never a stack of ours, never silence. */
  function assertSaid({ status, stderr }: Ended, why: RegExp): void {
    assert.ok([0, 1, 3].includes(status ?? -1), `${status}: ${stderr}`);
    assert.match(stderr, why);
    assert.doesNotMatch(stderr, /internal error|at .*\.ts:\d/);
  }

  test('a kernel without BTF: samples, and the reason, of the agent, too', () => {
    const hidden = ['-m', 'sh', '-c', 'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@"', PEBBLE];
    const watched = command('unshare', ...hidden, ...queries());
    assertSaid(watched, /BTF/);
    assert.equal(watched.status, 0);
    assert.match(watched.stderr, /sampl/i);
    const options = ['--store', 'none', '--listen', '127.0.0.1:0', '--for', '1s', '--pgdata', cluster.pgdata];
    const agent = command('unshare', ...hidden, 'agent', ...options);
    assert.equal(agent.status, 0, agent.stderr);
    assert.match(agent.stderr, /missing here: this kernel has no BTF.*\npebble: coverage: sampled; no history is kept/);
    assert.match(agent.stdout, /token=/);
    const doctor = command('unshare', ...hidden, 'doctor');
    assert.match(doctor.stdout, /^verdict: sampled: .*BTF/m);
  });

  test('a hardened host: hidepid, no locked memory, a read-only root, TMPDIR noexec, no tracefs, a Turkish locale, five capabilities', async () => {
    const place = join(folder.path, 'noexec');
    mkdirSync(place);
    const env = { TMPDIR: place, LC_ALL: 'tr_TR.UTF-8' };
    run = new Running(['-m', 'sh', '-ec', HARDENED, PEBBLE, ...queries('30m')], env, 'unshare');
    await run.watching();
    await select(cluster, 'hardened', 109);
    assert.equal(callsOf(await endWatching(run), 'hardened'), 109);
  });

  for (const descriptors of LONG ? [24, 40] : [40]) {
    test(`no more than ${descriptors} descriptors`, () => {
      const limited = command('prlimit', `--nofile=${descriptors}:${descriptors}`, PEBBLE, ...queries());
      assertSaid(limited, /too many open files|EMFILE/i);
    });
  }

  const noCgroup = !existsSync(join(MEMORY_CGROUP, 'cgroup.procs')) && 'no cgroup of memory (version 1) is mounted';
  test('a cgroup with too little memory: the kernel ends the agent, and nothing of it stays', {
    skip: noCgroup,
  }, async () => {
    const group = join(MEMORY_CGROUP, `pebble-test-${process.pid}`);
    mkdirSync(group);
    try {
      writeFileSync(join(group, 'memory.limit_in_bytes'), String(LITTLE_MEMORY));
      const enter = ['-c', `echo $$ > ${group}/cgroup.procs && exec "$0" "$@"`, PEBBLE];
      const agent = new Running([...enter, 'agent', '--store', 'none', '--pgdata', cluster.pgdata], {}, '/bin/sh');
      run = agent;
      const seen: KernelObject[] = [];
      const looking = setInterval(() => seen.push(...kernelObjectsOf(agent.pid)), 20);
      const { status, stderr } = await agent.ended;
      clearInterval(looking);
      // Killed, or told by V8 or the kernel that there is none.
      assert.notEqual(status, 0);
      if (status !== null && status < 128) assert.match(stderr, /memory|ENOMEM/i);
      await assertFreed(seen);
      await until('its processes are gone', () => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '');
    } finally {
      rmdirSync(group);
    }
  });

  const noFaketime = FAKETIME === undefined && 'libfaketime is not installed';
  test('the clock is set two hours forward and five back: every request is in history once', {
    skip: noFaketime,
  }, async () => {
    const clock = join(folder.path, 'clock');
    const store = `sqlite:${join(folder.path, 'clock.db')}`;
    const config = join(folder.path, 'agent.conf');
    writeFileSync(config, 'flush_interval = 1s\n');
    writeFileSync(clock, '+0\n');
    const env = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    const began = performance.now();
    run = await startAgent(cluster, store, { options: ['--config', config], env });
    await select(cluster, 'clock_right', 101);
    await sleep(2500);
    writeFileSync(clock, '+2h\n');
    await select(cluster, 'clock_ahead', 103);
    await sleep(2500);
    writeFileSync(clock, '-3h\n');
    await select(cluster, 'clock_behind', 107);
    await sleep(2500);
    run.signal('SIGTERM');
    const { status, stderr } = await run.ended;
    const wholeUs = (performance.now() - began) * 1000;
    assert.equal(status, 143, stderr);
    const [from, to] = [-6, 6].map((hours) => new Date(Date.now() + hours * HOUR_MS).toISOString());
    const { stdout, stderr: complaint } = pebble(
      'report',
      '--json',
      '--from',
      from!,
      '--to',
      to!,
      '--store',
      store,
      '--top',
      '1000',
    );
    const rows = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ReportRow);
    const callsIn = (table: string): number =>
      rows.reduce(
        (sum, row) => sum + (row.kind === 'query' && row.query === `SELECT FROM ${table}` ? row.calls : 0),
        0,
      );
    assert.deepEqual(['clock_right', 'clock_ahead', 'clock_behind'].map(callsIn), [101, 103, 107], complaint);
    const observed = rows.reduce((sum, row) => sum + (row.kind === 'window' ? row.window_us : 0), 0);
    assert.ok(observed > 6e6 && observed <= wholeUs, `${observed} of ${wholeUs} µs`);
  });

  test('after all of this PostgreSQL is unharmed', () => assertNoCrash(cluster));
});
