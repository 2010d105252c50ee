/** Known burners: named, with their share of a CPU; a group with a limit: throttled. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStat } from '../../postgres/discover/index.ts';
import { MachineWatch } from './index.ts';

const GROUP = `/sys/fs/cgroup/cpu/pebble-test-${process.pid}`;
const NO_ROOT = process.geteuid?.() === 0 ? false : 'files of /proc about the disk are for root';
const noLimits =
  process.geteuid?.() === 0 && existsSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')
    ? false
    : 'setting a CPU limit needs root and the cpu controller of cgroup v1 at its usual place';

/** A shell under a name that nobody else has. */
function burn(): { readonly pid: number; readonly name: string; end(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-burner-'));
  const name = `burner-${process.pid}`.slice(0, 15);
  cpSync('/bin/sh', join(folder, name));
  const child = spawn(join(folder, name), ['-c', 'while :; do :; done'], { stdio: 'ignore' });
  return {
    pid: child.pid!,
    name,
    end: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

test('a process that is not PostgreSQL is named with what it takes; one that is, is not', async () => {
  const burner = burn();
  try {
    const [foreign, own] = [new MachineWatch(() => []), new MachineWatch(() => [{ pgdata: '/d', pid: burner.pid }])];
    const before = cpuOf(burner.pid);
    await sleep(2000);
    foreign.advance();
    own.advance();
    const used = cpuOf(burner.pid) - before;
    const facts = foreign.facts(1000)!;
    const seen = facts.others.find(({ name }) => name === burner.name)!.cpus * facts.window_us;
    assert.ok(Math.abs(seen - used) < 0.1 * used + 30_000, `${seen} µs of ${used}`);
    assert.equal(facts.postgres_cpus, 0);
    const theirs = own.facts(1000)!;
    assert.equal(
      theirs.others.find(({ name }) => name === burner.name),
      undefined,
    );
    assert.ok(Math.abs(theirs.postgres_cpus * theirs.window_us - used) < 0.1 * used + 30_000);
  } finally {
    burner.end();
  }
});

const COPIED_MIB = 61;

test('what a process outside PostgreSQL reads and writes is counted, by its name', { skip: NO_ROOT }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-copier-'));
  const name = `copier-${process.pid}`.slice(0, 15);
  cpSync('/bin/dd', join(folder, name));
  const watch = new MachineWatch(() => []);
  const options = [`of=${join(folder, 'copy')}`, 'bs=1M', 'iflag=fullblock', 'oflag=dsync'];
  const copier = spawn(join(folder, name), options, { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    const bytesOf = (): number => watch.facts(1000)?.disk_others.find((one) => one.name === name)?.bytes ?? 0;
    // It goes on waiting for more: whoever has ended is in no figure.
    copier.stdin.write(Buffer.alloc(COPIED_MIB * 2 ** 20));
    for (let tries = 0; bytesOf() < COPIED_MIB * 2 ** 20 && tries < 60; tries++) {
      await sleep(250);
      watch.advance();
    }
    const extra = bytesOf() - COPIED_MIB * 2 ** 20;
    assert.ok(extra >= 0 && extra < 2 * 2 ** 20, `${bytesOf()} bytes`);
    assert.ok(watch.facts()!.other_disk_bytes >= bytesOf());
  } finally {
    copier.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

const cpuOf = (pid: number): number => readStat(pid)!.cpuUs;

/** The burner leaves when it is given time, of which it gets a hundredth. */
async function removeGroup(): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return rmdirSync(GROUP);
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    }
  }
}

test('a limit of the group that throttles is told', { skip: noLimits }, async () => {
  mkdirSync(GROUP);
  const burner = burn();
  try {
    writeFileSync(`${GROUP}/cpu.cfs_quota_us`, '1000');
    writeFileSync(`${GROUP}/cgroup.procs`, String(burner.pid));
    const watch = new MachineWatch(() => [{ pgdata: '/d', pid: burner.pid }]);
    // A hundredth of a CPU is allowed to one that wants all of it: a busy machine gives it more, sooner or later.
    let share = 0;
    for (let tries = 0; share < 0.05 && tries < 40; tries++) {
      await sleep(500);
      watch.advance();
      const facts = watch.facts()!;
      share = facts.throttled_us['/d']! / facts.window_us;
    }
    assert.ok(share >= 0.05 && share <= 1, `throttled ${share} of the time`);
  } finally {
    burner.end();
    await removeGroup();
  }
});
