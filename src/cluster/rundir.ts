/**
 * Run directories: each cluster lives in one, named after the process that owns it, so that a later start can sweep what
 * a killed one left.
 *
 *     pebble-cluster-<pid namespace>-<owner pid>-<owner start time>-XXXXXX/
 *
 * The owner is named by pid and start time (field 22 of /proc/PID/stat), as pids are reused, and by its pid namespace, as
 * containers may share one /tmp.
 */

import { chownSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Identity, unprivilegedUser } from './user.ts';

const PREFIX = 'pebble-cluster-';
const NAME = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-(\\d+)-`);

/** A Unix socket's path has at most 107 bytes; ours adds "/.s.PGSQL.65535" to the run directory's 56 and its base. */
const LONGEST_BASE = 36;

export function makeRunDir(user: Identity): string {
  const dir = mkdtempSync(join(base(), `${PREFIX}${pidNamespace()}-${process.pid}-${startTime(process.pid)}-`));
  if (process.getuid!() === 0) chownSync(dir, user.uid, user.gid);
  return dir;
}

/** Stops and removes the clusters whose owner is gone; returns the directories it removed. */
export async function sweepOrphans(): Promise<string[]> {
  const orphans = readdirSync(base())
    .filter(isOrphan)
    .map((name) => join(base(), name));
  for (const dir of orphans) {
    await stopInside(dir);
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
  return orphans;
}

function isOrphan(name: string): boolean {
  const [, namespace, pid, start] = NAME.exec(name) ?? [];
  if (namespace !== pidNamespace() || startTime(Number(pid)) === start) return false;
  const stat = lstatSync(join(base(), name), { throwIfNoEntry: false });
  return stat?.isDirectory() === true && [process.getuid!(), unprivilegedUser().uid].includes(stat.uid);
}

/** Every process that works inside the directory: SIGQUIT first, so that PostgreSQL frees its shared memory. */
async function stopInside(dir: string): Promise<void> {
  for (const [signal, rounds] of [
    ['SIGQUIT', 100],
    ['SIGKILL', 100],
  ] as const) {
    for (let round = 0; round < rounds; round++) {
      const pids = processesIn(dir);
      if (pids.length === 0) return;
      if (round === 0) for (const pid of pids) signalIfAlive(pid, signal);
      await sleep(20);
    }
  }
}

function processesIn(dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => link(`/proc/${pid}/cwd`).startsWith(`${dir}/`) || link(`/proc/${pid}/cwd`) === dir)
    .map(Number);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone meanwhile, which is what was wanted
  }
}

function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** The inode in "pid:[4026531836]". */
function pidNamespace(): string {
  return link('/proc/self/ns/pid').replace(/\D/g, '');
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** TMPDIR, unless sockets below it would have too long a path, or it is for its owner only (root's, with libpam-tmpdir). */
function base(): string {
  const isForAll = (statSync(tmpdir()).mode & 0o003) === 0o003;
  return isForAll && tmpdir().length <= LONGEST_BASE ? tmpdir() : '/tmp';
}
