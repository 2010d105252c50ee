/** A wait for a heavyweight lock that is under way, and the time that it has spent on those who block it. */

import type { LockTag } from '../../../postgres/memory/index.ts';
import type { Session } from '../../sessions.ts';

export interface Blocker {
  /** 0: a prepared transaction. */
  readonly pid: number;
  /** Conflicting modes that it holds, a bit each; 0: it waits ahead. */
  readonly held: number;
  /** Undefined where it had gone on before it could be read. */
  readonly session: Session | undefined;
  /** Who blocks it, or itself; undefined in a circle. */
  readonly rootPid: number | undefined;
}

/** Times in ns of CLOCK_MONOTONIC. */
export interface LockWait {
  /** Number of the cluster. */
  readonly cluster: number;
  /** As PostgreSQL has it. */
  readonly pid: number;
  readonly tag: LockTag;
  readonly mode: string;
  readonly began: number;
  waiter: Session | undefined;
  blockers: readonly Blocker[];
  /** Nobody is missing from them. */
  isComplete: boolean;
  /** Until here its time has been given to its blockers. */
  bookedUntil: number;
  /** So much since the kernel measures this wait; the kernel's own count at the end is the truth. */
  booked: number;
  /** The kernel will count it; else its time is by our looks. */
  readonly isMeasured: boolean;
  /** Since then it is not in the server's memory any more. */
  missingSince: number | undefined;
}

/** Whether they are the same sessions: one that waited ahead may hold the lock by now. */
export const sameBlockers = (a: readonly { readonly pid: number }[], b: readonly { readonly pid: number }[]): boolean =>
  a.length === b.length && a.every(({ pid }) => b.some((other) => other.pid === pid));
