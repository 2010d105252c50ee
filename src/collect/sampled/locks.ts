/** Waits for heavyweight locks where root or eBPF is missing: looked for in the servers' memory, many times a second. */
import type { LockWait as WaitInMemory } from '../../postgres/memory/index.ts';
import { LockSums } from '../attribution/locks/lock-sums.ts';
import {
  describeBlocker,
  findRoots,
  isSameLock,
  keyOf,
  type LockWait,
  sameBlockers,
} from '../attribution/locks/lock-wait.ts';
import type { ObservedCluster } from '../observed.ts';
import type { Sessions } from '../sessions.ts';
import type { Sampled } from './sampled.ts';

/** What is shorter than this may not be seen. */
const LOOK_MS = 50;

/** A `LockSource` of rows: its waits are numbered by the servers' first processes. */
export class SampledLocks {
  readonly coverage = 'sampled';
  readonly #sampled: Sampled;
  readonly #waits = new Map<string, LockWait>();
  readonly #timer: NodeJS.Timeout;
  #sums = new LockSums();

  constructor(sampled: Sampled) {
    this.#sampled = sampled;
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** As rows ask for it: this one counts itself. */
  get locks(): this {
    return this;
  }

  cluster(pid: number): ObservedCluster | undefined {
    return this.#sampled.clusters.find((cluster) => cluster.pid === pid);
  }

  /** Numbers of the kernel's for what is executed inside are none of ours. */
  innerOf(): undefined {
    return undefined;
  }

  lost(): number {
    return 0;
  }

  /** Ends a window: what was waited for in it. */
  take(): LockSums {
    this.#look();
    for (const wait of this.#waits.values()) for (const sum of this.#sumsOf(wait)) sum.waiting = true;
    const taken = this.#sums;
    this.#sums = new LockSums();
    return taken;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const [now, wallMs] = [Number(process.hrtime.bigint()), Date.now()];
    const seen = new Set<string>();
    for (const [cluster, sessions] of this.#sampled.sessions()) {
      for (const found of sessions.open.locks.read()) {
        const key = keyOf(cluster, found.pid);
        seen.add(key);
        const known = this.#waits.get(key);
        const goesOn = known && isSameLock(known, found);
        if (goesOn) this.#goOn(known, found, sessions);
        else this.#waits.set(key, newWait(cluster, found, sessions, { now, wallMs }));
        const wait = this.#waits.get(key)!;
        findRoots(this.#waits, wait);
        this.#book(wait, now, !goesOn);
      }
    }
    for (const key of this.#waits.keys()) if (!seen.has(key)) this.#waits.delete(key);
  }

  #goOn(wait: LockWait, { blockers }: WaitInMemory, sessions: Sessions): void {
    if (!sameBlockers(wait.blockers, blockers)) wait.blockers = blockers.map((one) => describeBlocker(one, sessions));
  }

  #book(wait: LockWait, now: number, isNew: boolean): void {
    for (const sum of this.#sumsOf(wait)) {
      sum.ns += now - wait.bookedUntil;
      sum.max = Math.max(sum.max, now - wait.began);
      sum.isMeasured = false;
      if (isNew) sum.count += 1;
    }
    wait.bookedUntil = now;
  }

  #sumsOf(wait: LockWait) {
    const blockers = wait.blockers.length > 0 ? wait.blockers : [undefined];
    return blockers.flatMap((blocker) => this.#sums.of(wait, blocker) ?? []);
  }
}

/** Of one look, by both clocks: ns of CLOCK_MONOTONIC, and what servers go by. */
interface Moment {
  readonly now: number;
  readonly wallMs: number;
}

/** Its time counts from when it began, or from the look before where that was later. */
function newWait(cluster: number, found: WaitInMemory, sessions: Sessions, { now, wallMs }: Moment): LockWait {
  const { pid, tag, mode, since } = found;
  const status = sessions.find(pid);
  const began = since === null ? now : Math.min(now, now - (wallMs * 1000 - since) * 1000);
  return {
    ...{ cluster, pid, tag, mode, began },
    waiter: status && sessions.describe(status),
    inner: status && sessions.inner(status),
    blockers: found.blockers.map((one) => describeBlocker(one, sessions)),
    isComplete: true,
    bookedUntil: Math.max(began, now - LOOK_MS * 1e6),
    booked: 0,
    isMeasured: false,
    missingSince: undefined,
  };
}
