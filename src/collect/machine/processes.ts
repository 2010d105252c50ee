/** CPU time by process, from /proc/PID/stat (fs/proc/array.c, do_task_stat). */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessTime {
  readonly pid: number;
  readonly parentPid: number;
  readonly comm: string;
  /** With the pid it names a process for good. */
  readonly startTime: number;
  /** User and system. */
  readonly cpuUs: number;
}

/** What /proc counts in, whatever the kernel's own ticks: USER_HZ. */
const TICK_US = 10_000;

export function readProcesses(): ProcessTime[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

function readProcess(pid: number): ProcessTime | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const end = text.lastIndexOf(')');
  // From the third field of proc(5) on.
  const fields = text.slice(end + 2).split(' ');
  return {
    pid,
    parentPid: Number(fields[1]),
    comm: text.slice(text.indexOf('(') + 1, end),
    startTime: Number(fields[19]),
    cpuUs: (Number(fields[11]) + Number(fields[12])) * TICK_US,
  };
}

/** A process may end while it is read, and old kernels lack some files. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
