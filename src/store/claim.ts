/** That one process writes a folder at a time. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PebbleError } from '../base/errors.ts';

/** Returns what lets go of it; a process that died has let go. */
export function claimFolder(folder: string): () => void {
  const path = join(folder, 'writer');
  const mine = processMark(process.pid);
  const theirs = read(path);
  const pid = theirs.split(' ')[0]!;
  if (theirs !== '' && theirs !== mine && processMark(Number(pid)) === theirs) {
    throw new PebbleError('io', {
      doing: `opening ${folder}`,
      what: `process ${pid} is writing it`,
      hint: 'an agent needs one of its own: give another `spool`, or stop the other agent',
    });
  }
  writeFileSync(path, mine, { mode: 0o600 });
  return () => rmSync(path, { force: true });
}

/** A pid and when it started, in ticks since boot (proc(5)): pids are used again. */
export function processMark(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' ? '' : `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
