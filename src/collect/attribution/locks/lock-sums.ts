/** Sums of lock waits within one window: by waiter, blocker, root of the chain and kind of lock. */
import { NOT_KNOWN } from '../inner.ts';
import type { Blocker, LockWait } from './lock-wait.ts';

export interface LockSum {
  readonly cluster: number;
  /** The last of them. */
  wait: LockWait;
  /** Undefined: nobody was seen to block. */
  blocker: Blocker | undefined;
  ns: number;
  count: number;
  /** The longest of these waits, all of it. */
  max: number;
  waiting: boolean;
  isMeasured: boolean;
  isComplete: boolean;
  /** Of each of them it was known what the blocker executed inside of its statement. */
  isInsideKnown: boolean;
}

/** More than these in one window help nobody, and what is left out is counted. */
const MOST_SUMS = 10_000;

export class LockSums {
  readonly #sums = new Map<string, LockSum>();
  dropped = 0;

  /** One begins, or others are in its way now. */
  count(wait: LockWait): void {
    for (const sum of this.#sumsOf(wait)) sum.count += 1;
  }

  /** A part of its time, which ends at `until`, is of those who were in its way. */
  book(wait: LockWait, ns: number, until: number): void {
    if (ns < 0) return;
    wait.bookedUntil = until;
    wait.booked += ns;
    for (const sum of this.#sumsOf(wait)) {
      sum.ns += ns;
      sum.max = Math.max(sum.max, until - wait.began);
      sum.isMeasured &&= wait.isMeasured;
      sum.isComplete &&= wait.isComplete;
    }
  }

  /** It is under way at the end of the window. */
  goesOn(wait: LockWait): void {
    for (const sum of this.#sumsOf(wait)) sum.waiting = true;
  }

  values(): Iterable<LockSum> {
    return this.#sums.values();
  }

  #sumsOf(wait: LockWait): LockSum[] {
    const blockers = wait.blockers.length > 0 ? wait.blockers : [undefined];
    return blockers.flatMap((blocker) => this.#of(wait, blocker) ?? []);
  }

  /** The sum that a wait's time goes to while this blocker is in its way. */
  #of(wait: LockWait, blocker: Blocker | undefined): LockSum | undefined {
    const { cluster, pid, tag, mode, waiter, inner } = wait;
    const { session, pid: blockerPid, rootPid } = blocker ?? {};
    const isInsideKnown = blocker?.inner !== NOT_KNOWN;
    const key = [
      ...[cluster, pid, waiter?.fingerprint, mode, tag.type, tag.database, tag.relation],
      ...[typeof inner === 'bigint' ? inner : inner?.fingerprint, blockerPid],
      ...[session?.fingerprint, isInsideKnown ? blocker?.inner?.fingerprint : undefined, rootPid],
    ].join();
    const known = this.#sums.get(key);
    if (known) {
      known.wait = wait;
      if (known.blocker?.inner === NOT_KNOWN) known.blocker = blocker;
      known.isInsideKnown &&= isInsideKnown;
      return known;
    }
    if (this.#sums.size >= MOST_SUMS) {
      this.dropped += 1;
      return undefined;
    }
    const sums = { ns: 0, count: 0, max: 0, waiting: false, isMeasured: true, isComplete: true, isInsideKnown };
    const sum = { cluster, wait, blocker, ...sums };
    this.#sums.set(key, sum);
    return sum;
  }
}
