/** Names of what a process sleeps for: PostgreSQL's wait events, and without one what it asked of the kernel. */
import { type WaitEvent, waitEventOf, waitTableOf } from '../../postgres/waits/index.ts';
import { NO_SYSTEM_CALL, sleepingIn } from './syscalls.ts';

/** WAIT_EVENT_CLIENT_READ of every major (src/include/utils/wait_event.h). */
export const CLIENT_READ = 0x06000000;
/** `event_of` of time.bt: PostgreSQL has no such class. */
const KERNEL_CLASS = 0xff;
/** What the system call reads or writes: the byte below the class. */
const FILES: Readonly<Record<number, string>> = { 1: ' (pipe)', 2: ' (socket)' };
const PIPE = 1;
/** read, readv by their numbers on x86-64: what sleeps there waits for who writes. */
const READS = [0, 19];

export type FileKind = 'pipe' | 'socket' | undefined;

export function inSystemCall(number: number = NO_SYSTEM_CALL, file?: FileKind): number {
  const kind = file === 'pipe' ? 1 : file === 'socket' ? 2 : 0;
  return ((KERNEL_CLASS << 24) | (kind << 16) | number) >>> 0;
}

/** For whom a process sleeps that sleeps on a pipe; undefined for other events. */
export function otherEndOf(event: number): 'reader' | 'writer' | undefined {
  if (event >>> 24 !== KERNEL_CLASS || ((event >>> 16) & 0xff) !== PIPE) return undefined;
  return READS.includes(event & 0xffff) ? 'writer' : 'reader';
}

/** records.bt: waits that found no room of their own. */
export const OTHER_WAITS = 0xfe000000;

export function eventOf(major: number, event: number): WaitEvent {
  if (event === OTHER_WAITS) return { type: 'Other', event: '<others>' };
  if (event >>> 24 === KERNEL_CLASS) {
    return { type: 'Kernel', event: `${sleepingIn(event & 0xffff)}${FILES[(event >>> 16) & 0xff] ?? ''}` };
  }
  return waitEventOf(waitTableOf(major), event) ?? { type: 'Kernel', event: 'unknown' };
}
