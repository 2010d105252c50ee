/** Processes by /proc: whether one lives, and what it does. */
import { readFileSync } from 'node:fs';

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

/** The number of the system call that it sleeps in. */
export function readSystemCall(pid: number): number | undefined {
  const [number] = (read(`/proc/${pid}/syscall`) ?? '').split(' ');
  return number !== undefined && /^\d+$/.test(number) ? Number(number) : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
