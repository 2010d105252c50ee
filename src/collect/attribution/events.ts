/** Names of what a process sleeps for: PostgreSQL's wait events, and without one what it asked of the kernel. */
import { type WaitEvent, waitEventOf, waitTableOf } from '../../postgres/waits/index.ts';
import { NO_SYSTEM_CALL, sleepingIn } from './syscalls.ts';

/** WAIT_EVENT_CLIENT_READ of every major (src/include/utils/wait_event.h). */
export const CLIENT_READ = 0x06000000;
/** `event_of` of time.bt: PostgreSQL has no such class. */
const KERNEL_CLASS = 0xff;

export const inSystemCall = (number: number = NO_SYSTEM_CALL): number => ((KERNEL_CLASS << 24) | number) >>> 0;

/** records.bt: waits that found no room of their own. */
export const OTHER_WAITS = 0xfe000000;

export function eventOf(major: number, event: number): WaitEvent {
  if (event === OTHER_WAITS) return { type: 'Other', event: '<others>' };
  if (event >>> 24 === KERNEL_CLASS) return { type: 'Kernel', event: sleepingIn(event & 0xffff) };
  return waitEventOf(waitTableOf(major), event) ?? { type: 'Kernel', event: 'unknown' };
}
