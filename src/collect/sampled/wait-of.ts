/** What a process is doing when a sample finds it: on a CPU, or waiting, and for what. */
import { readFileSync } from 'node:fs';
import { type WaitEvent, waitEventOf, waitTableOf } from '../../postgres/waits/index.ts';
import { sleepingIn } from '../attribution/syscalls.ts';

/** Undefined: it runs, or waits for nothing but a CPU. */
export function waitOf(major: number, pid: number, waitInfo: number): WaitEvent | undefined {
  if (waitInfo !== 0) return waitEventOf(waitTableOf(major), waitInfo) ?? { type: 'Kernel', event: 'unknown' };
  const syscall = blockedIn(pid);
  return syscall === undefined ? undefined : { type: 'Kernel', event: sleepingIn(syscall) };
}

/** /proc/PID/syscall: "running", or the number of the system call that it sleeps in; -1 outside of one. */
function blockedIn(pid: number): number | undefined {
  try {
    const number = Number.parseInt(readFileSync(`/proc/${pid}/syscall`, 'latin1'), 10);
    return Number.isNaN(number) ? undefined : number & 0xffff;
  } catch {
    return undefined; // it has ended, or this kernel does not tell
  }
}
