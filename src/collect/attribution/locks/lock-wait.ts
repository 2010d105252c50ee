/** A wait for a heavyweight lock that is under way, and the time that it has spent on those who block it. */

import type { LockBlocker, LockTag, LockWait as WaitInMemory } from '../../../postgres/memory/index.ts';
import type { Session, Sessions } from '../../sessions.ts';
import type { Inner } from '../inner.ts';

export interface Blocker {
  /** 0: a prepared transaction. */
  readonly pid: number;
  /** Conflicting modes that it holds, a bit each; 0: it waits ahead. */
  readonly held: number;
  /** Undefined where it had gone on before it could be read. */
  readonly session: Session | undefined;
  /** What it executed inside of its statement. */
  readonly inner: Inner | undefined;
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
  /** What the waiter executes inside of its statement, or the kernel's id for it. */
  readonly inner: Inner | bigint | undefined;
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

export const isSameLock = (a: Pick<LockWait, 'mode' | 'tag'>, b: Pick<LockWait, 'mode' | 'tag'>): boolean =>
  a.mode === b.mode && JSON.stringify(a.tag) === JSON.stringify(b.tag);

/** Nothing is known of it, or there is nothing. */
export const NOBODY = { session: undefined, inner: undefined, rootPid: undefined } as const;

/** As it is now. */
export function describeBlocker({ pid, held }: LockBlocker, sessions: Sessions): Blocker {
  const status = pid === 0 ? undefined : sessions.find(pid);
  const session = status && sessions.describe(status);
  return { ...NOBODY, pid, held, session, inner: status && sessions.inner(status) };
}

/** One that is found in a server's memory, and was under way before. */
export function describeWait(
  cluster: number,
  found: WaitInMemory,
  sessions: Sessions,
  known: Pick<LockWait, 'began' | 'bookedUntil' | 'isMeasured'>,
): LockWait {
  const { pid, tag, mode } = found;
  const status = sessions.find(pid);
  return {
    ...{ cluster, pid, tag, mode },
    waiter: status && sessions.describe(status),
    inner: status && sessions.inner(status),
    blockers: found.blockers.map((one) => describeBlocker(one, sessions)),
    isComplete: true,
    booked: 0,
    missingSince: undefined,
    ...known,
  };
}

/** Waits by cluster and pid: a process waits for one lock at a time. */
export type Waits = ReadonlyMap<string, LockWait>;
export const keyOf = (cluster: number, pid: number): string => `${cluster} ${pid}`;

/** The chain as it is now: when its root lets go, the waits behind it are told to be over in any order. */
export function findRoots(waits: Waits, wait: LockWait): void {
  wait.blockers = wait.blockers.map((blocker) => ({ ...blocker, rootPid: rootOf(waits, wait, blocker.pid) }));
}

/** Follows the chain to the one who waits for nobody; undefined where it leads back. */
export function rootOf(waits: Waits, { cluster, pid }: LockWait, blockerPid: number): number | undefined {
  const seen = new Set([pid]);
  for (let at = blockerPid; !seen.has(at); ) {
    const next = at === 0 ? undefined : waits.get(keyOf(cluster, at))?.blockers[0];
    if (!next) return at;
    seen.add(at);
    at = next.pid;
  }
  return undefined;
}
