/** Names of what a process sleeps for: PostgreSQL's wait events, and without one what it asked of the kernel. */
import { type WaitEvent, waitEventOf, waitTableOf } from '../../postgres/waits/index.ts';
import { sleepingIn } from './syscalls.ts';

/** `event_of` of time.bt: PostgreSQL has no such class. */
const KERNEL_CLASS = 0xff;

export function eventOf(major: number, event: number): WaitEvent {
  if (event >>> 24 === KERNEL_CLASS) return { type: 'Kernel', event: sleepingIn(event & 0xffff) };
  return waitEventOf(waitTableOf(major), event) ?? { type: 'Kernel', event: 'unknown' };
}
