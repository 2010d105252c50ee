/** Reads of /proc/PID that a process may end under: undefined then, and where we may not look. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessStat {
  readonly pid: number;
  readonly comm: string;
  readonly parentPid: number;
  /** Clock ticks since boot; with the pid it names a process for good. */
  readonly startTime: number;
  /** CPU time in user and system mode. */
  readonly cpuUs: number;
}

/** What /proc counts in, whatever the kernel's own ticks: USER_HZ. */
const TICK_US = 10_000;

export function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (pid > 0) pids.push(pid);
  }
  return pids;
}

/** /proc/PID/stat (fs/proc/array.c, do_task_stat): pid (comm) state ppid …, CPU time in the 14th and 15th field, the start in the 22nd; comm may hold anything, parentheses too. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readText(`/proc/${pid}/stat`, 'latin1');
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return {
    pid,
    comm: text.slice(text.indexOf('(') + 1, end),
    parentPid: Number(fields[1]),
    startTime: Number(fields[19]),
    cpuUs: (Number(fields[11]) + Number(fields[12])) * TICK_US,
  };
}

/** The pid as the process itself knows it: the last of NSpid, which has one per nested pid namespace. */
export function readInnermostPid(pid: number): number | undefined {
  const status = readText(`/proc/${pid}/status`);
  const own = /^NSpid:.*?(\d+)$/m.exec(status ?? '')?.[1];
  return own === undefined ? undefined : Number(own);
}

/** Needs CONFIG_PROC_CHILDREN, which distributions set; without it nothing that is under way shows. */
export function listChildren(pid: number): number[] {
  const children = readText(`/proc/${pid}/task/${pid}/children`) ?? '';
  return children.split(' ').filter(Boolean).map(Number);
}

export function readText(path: string, encoding: BufferEncoding = 'utf8'): string | undefined {
  try {
    return readFileSync(path, encoding);
  } catch {
    return undefined;
  }
}

export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
