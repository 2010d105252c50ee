/** Waits for heavyweight locks where root or eBPF is missing: looked for in the servers' memory, many times a second. */
import type { LockWait as WaitInMemory } from '../../postgres/memory/index.ts';
import { monotonic, monotonicOf } from '../attribution/locks/clocks.ts';
import { LockSums } from '../attribution/locks/lock-sums.ts';
import {
  describeBlocker,
  describeWait,
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

interface FoundWait extends LockWait {
  /** By the server's clock; null where it has not been told. */
  readonly since: number | null;
}

/** A `LockSource` of rows: its waits are numbered by the servers' first processes. */
export class SampledLocks {
  readonly coverage = 'sampled';
  readonly #sampled: Sampled;
  readonly #timer: NodeJS.Timeout;
  /** Of the last look. */
  #waits: ReadonlyMap<string, FoundWait> = new Map();
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
    for (const wait of this.#waits.values()) this.#sums.goesOn(wait);
    const taken = this.#sums;
    this.#sums = new LockSums();
    return taken;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = monotonic();
    const waits = new Map<string, FoundWait>();
    const counted: LockWait[] = [];
    for (const [cluster, sessions] of this.#sampled.sessions()) {
      for (const found of sessions.open.locks.read()) {
        const key = keyOf(cluster, found.pid);
        const known = this.#waits.get(key);
        const goesOn = known && isSameWait(known, found);
        const wait = goesOn ? known : newWait(cluster, found, sessions, now);
        const hasOthers = !sameBlockers(wait.blockers, found.blockers);
        if (hasOthers) wait.blockers = found.blockers.map((one) => describeBlocker(one, sessions));
        if (hasOthers || !goesOn) counted.push(wait);
        waits.set(key, wait);
      }
    }
    this.#waits = waits;
    // Only when all of them are there it is known who blocks a chain.
    for (const wait of waits.values()) findRoots(waits, wait);
    for (const wait of waits.values()) this.#sums.book(wait, now - wait.bookedUntil, now);
    for (const wait of counted) this.#sums.count(wait);
  }
}

/** One that is told to have begun at another moment is another wait for the same lock. */
const isSameWait = (known: FoundWait, found: WaitInMemory): boolean =>
  isSameLock(known, found) && (known.since === null || found.since === null || known.since === found.since);

/** Its time counts from when it began, or from the look before where that was later. */
function newWait(cluster: number, found: WaitInMemory, sessions: Sessions, now: number): FoundWait {
  const { since } = found;
  const began = monotonicOf(since, now);
  const times = { began, bookedUntil: Math.max(began, now - LOOK_MS * 1e6), isMeasured: false };
  return { ...describeWait(cluster, found, sessions, times), since };
}
