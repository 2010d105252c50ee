/** Processes by /proc: whether one lives, and what it does. */
import { readFileSync, readlinkSync } from 'node:fs';

/** A zombie has no memory any more. */
export const isAlive = (pid: number): boolean => !['Z', undefined].includes(stateOf(pid));

/** Runs or waits for a CPU; else it sleeps. */
export const isRunning = (pid: number): boolean => stateOf(pid) === 'R';

/** Third field of /proc/PID/stat, behind the name. */
function stateOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.[stat.lastIndexOf(')') + 2];
}

/** Nanoseconds that it has waited for a CPU so far: task_struct.sched_info.run_delay. */
export function readRunDelay(pid: number): bigint {
  const [, delay] = (read(`/proc/${pid}/schedstat`) ?? '').split(' ');
  return BigInt(delay ?? 0);
}

/** The system call that it sleeps in, by its number, and its first argument. */
export function readSystemCall(pid: number): { readonly number: number; readonly argument: number } | undefined {
  const [number, argument] = (read(`/proc/${pid}/syscall`) ?? '').split(' ');
  if (number === undefined || !/^\d+$/.test(number)) return undefined;
  return { number: Number(number), argument: Number(argument) };
}

export function fileKind(pid: number, fd: number): 'pipe' | 'socket' | undefined {
  try {
    const [, kind] = /^(pipe|socket):/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
    return kind as 'pipe' | 'socket' | undefined;
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
