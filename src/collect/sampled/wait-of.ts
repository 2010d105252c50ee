/** What a process is doing when a sample finds it: on a CPU, or waiting, and for what. */
import { readFileSync } from 'node:fs';
import { type WaitEvent, waitEventOf, waitTableOf } from '../../postgres/waits/index.ts';
import { sleepingIn } from '../attribution/syscalls.ts';

/** Undefined: it runs, or waits for nothing but a CPU. */
export function waitOf(major: number, pid: number | undefined, waitInfo: number): WaitEvent | undefined {
  if (waitInfo !== 0) return waitEventOf(waitTableOf(major), waitInfo) ?? { type: 'Kernel', event: 'unknown' };
  const syscall = pid === undefined ? undefined : blockedIn(pid);
  const event = syscall === undefined ? undefined : sleepingIn(syscall);
  return event === undefined || ALWAYS_NAMED.includes(event) ? undefined : { type: 'Kernel', event };
}

/** PostgreSQL names every wait in these (waiteventset.c): a process found there without a name has gone on since the sample. */
const ALWAYS_NAMED: readonly string[] = ['epoll_wait', 'epoll_pwait'];

/** /proc/PID/syscall: "running", or the number of the system call that it sleeps in; -1 outside of one. */
function blockedIn(pid: number): number | undefined {
  try {
    const number = Number.parseInt(readFileSync(`/proc/${pid}/syscall`, 'latin1'), 10);
    return Number.isNaN(number) ? undefined : number & 0xffff;
  } catch {
    return undefined; // it has ended, or this kernel does not tell
  }
}
