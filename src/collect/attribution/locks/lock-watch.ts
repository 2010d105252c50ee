/**
 * Follows every wait for a heavyweight lock: the kernel tells when one begins, for whom, and how long it was; while it
 * lasts, the server's memory is looked at again, because who blocks may change.
 */
import {
  type BackendStatus,
  decodeLockTag,
  lockMode,
  momentOf,
  type LockWait as WaitInMemory,
} from '../../../postgres/memory/index.ts';
import type { Session, Sessions } from '../../sessions.ts';
import type { Engine } from '../engine.ts';
import { type Inner, NOT_KNOWN } from '../inner.ts';
import type { Statements } from '../statements.ts';
import { isBefore, monotonic, monotonicOf } from './clocks.ts';
import { LockSums } from './lock-sums.ts';
import {
  type Blocker,
  describeBlocker,
  describeWait,
  findRoots,
  isSameLock,
  keyOf,
  type LockWait,
  NOBODY,
  rootOf,
  sameBlockers,
} from './lock-wait.ts';
import type { KernelLockBlocker, KernelLockEnd, KernelLockWait } from './records.ts';

/** Between two looks at waits that last. */
const LOOK_MS = 50;
/** A wait that began less long ago than this is as its event told. */
const FRESH_NS = 20e6;
/** The end of a wait is told when its process next sleeps; this long none computes without. */
const LONGEST_MISSING_NS = 60e9;

type Statement = Pick<Session, 'queryId' | 'fingerprint' | 'query' | 'truncated'>;

export class LockWatch {
  readonly #engine: Engine;
  readonly #statements: Statements;
  readonly #clusters = new Map<number, Sessions>();
  /** By cluster and pid: a process waits for one lock at a time. */
  readonly #waits = new Map<string, LockWait>();
  /** While somebody waits. */
  #timer: NodeJS.Timeout | undefined;
  #sums = new LockSums();

  constructor(engine: Engine, statements: Statements) {
    this.#engine = engine;
    this.#statements = statements;
    engine.listen<KernelLockWait>('lock_wait', (event) => this.#begin(event));
    engine.listen<KernelLockEnd>('lock_end', (event) => this.#finish(event));
  }

  /** Waits that are under way already are found in memory. */
  add(cluster: number, sessions: Sessions): void {
    this.#clusters.get(cluster)?.close();
    this.#clusters.set(cluster, sessions);
    const now = monotonic();
    for (const found of sessions.open.locks.read()) this.#adopt(cluster, found, now);
    for (const wait of this.#waits.values()) if (wait.cluster === cluster) findRoots(this.#waits, wait);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const sessions of this.#clusters.values()) sessions.close();
  }

  /** Ends a window: what was waited for in it. */
  take(): LockSums {
    this.#engine.drain();
    this.#look(0);
    const now = monotonic();
    for (const wait of this.#waits.values()) {
      if (wait.missingSince !== undefined) continue;
      this.#sums.book(wait, now - wait.bookedUntil, now);
      this.#sums.goesOn(wait);
    }
    const taken = this.#sums;
    this.#sums = new LockSums();
    return taken;
  }

  #begin(event: KernelLockWait): void {
    const sessions = this.#clusters.get(event.cluster);
    if (!sessions) return;
    const at = Number(event.at);
    const key = keyOf(event.cluster, event.pid);
    const known = this.#waits.get(key);
    if (known) this.#end(known, at - known.bookedUntil);
    const wait = this.#open(event, sessions);
    this.#follow(key, wait);
    if (event.more || wait.blockers.length === 0) completeBlockers(wait, sessions);
    findRoots(this.#waits, wait);
    this.#sums.count(wait);
  }

  #finish({ ns, cluster, pid, slot }: KernelLockEnd): void {
    const wait = this.#waits.get(keyOf(cluster, pid));
    if (!wait?.isMeasured) return;
    this.#learnQueryId(wait, slot);
    this.#end(wait, Math.max(0, Number(ns) - wait.booked));
  }

  /** A wait while a statement is parsed begins before the server has an id for it. */
  #learnQueryId(wait: LockWait, slot: number): void {
    const { waiter, cluster, pid } = wait;
    if (!waiter || waiter.queryId !== null) return;
    const known = [this.#statements.statementOf(slot), this.#describe(cluster, pid)];
    const own = known.find((one) => one?.fingerprint === waiter.fingerprint && one.queryId !== null);
    if (own) wait.waiter = { ...waiter, queryId: own.queryId };
  }

  #describe(cluster: number, pid: number): Session | undefined {
    const sessions = this.#clusters.get(cluster);
    const status = sessions?.find(pid);
    return status && sessions?.describe(status);
  }

  #open(event: KernelLockWait, sessions: Sessions): LockWait {
    const began = Number(event.at);
    const waiter = this.#waiterOf(event, sessions);
    const tag = new DataView(Uint32Array.from(event.tag).buffer);
    return {
      cluster: event.cluster,
      pid: event.pid,
      tag: decodeLockTag(tag, 0, sessions.open.profile.layout),
      mode: lockMode(event.mode),
      began,
      waiter,
      inner: event.inner || undefined,
      blockers: mergeByPid(event.blocker.slice(0, event.blockers)).map((one) => this.#blockerOf(one, began, sessions)),
      isComplete: event.more === 0,
      bookedUntil: began,
      booked: 0,
      isMeasured: true,
      missingSince: undefined,
    };
  }

  /** The statement by the kernel's name for it where there is one: the wait may be over, and the next one executed. */
  #waiterOf({ pid, at, slot }: KernelLockWait, sessions: Sessions): Session | undefined {
    const status = sessions.find(pid);
    const statement = this.#statements.statementOf(slot);
    if (!status) return undefined;
    const session = sessions.describe(status);
    if (statement) return { ...session, ...statement };
    return isBefore(status.statementStart, Number(at)) ? session : { ...session, ...NO_STATEMENT };
  }

  /** As it was when the wait began, or what it has come to in the same transaction, which holds the lock to its end. */
  #blockerOf({ pid, held, slot, state, xact_start }: KernelLockBlocker, at: number, sessions: Sessions): Blocker {
    const status = pid === 0 ? undefined : sessions.find(pid);
    if (!status) return { ...NOBODY, pid, held };
    const start = momentOf(xact_start);
    const isSame = start === null ? isBefore(status.transactionStart, at) : start === status.transactionStart;
    const statement = this.#statements.statementOf(slot) ?? (isSame ? {} : NO_STATEMENT);
    const stateThen = start === null ? undefined : sessions.open.profile.layout.states[state];
    const session = sessions.describe(status);
    const stateSeen = stateThen ?? (isSame ? session.state : null);
    const inner = stateSeen?.startsWith('idle') ? undefined : innerSince(status, at, sessions);
    return { ...NOBODY, pid, held, session: { ...session, ...statement, state: stateSeen }, inner };
  }

  /** Compares with the server's memory: waits that last may have others in their way, or be over. */
  #look(freshNs: number): void {
    const now = monotonic();
    for (const [cluster, sessions] of this.#clusters) {
      const own = [...this.#waits.values()].filter((wait) => wait.cluster === cluster && now - wait.began >= freshNs);
      if (own.length === 0) continue;
      const found = new Map(sessions.open.locks.read().map((wait) => [wait.pid, wait]));
      for (const wait of own) this.#compare(wait, found.get(wait.pid), now);
    }
  }

  #compare(wait: LockWait, found: WaitInMemory | undefined, now: number): void {
    if (!found || !isSameLock(found, wait)) {
      // The kernel tells the end of those that it measures, when the process next sleeps or has answered.
      wait.missingSince ??= now;
      if (!wait.isMeasured || now - wait.missingSince > LONGEST_MISSING_NS) this.#end(wait, now - wait.bookedUntil);
      return;
    }
    wait.missingSince = undefined;
    wait.isComplete = true;
    const isSame = sameBlockers(wait.blockers, found.blockers);
    if (isSame && wait.blockers.every((blocker) => blocker.rootPid === rootOf(this.#waits, wait, blocker.pid))) return;
    const sessions = this.#clusters.get(wait.cluster)!;
    this.#sums.book(wait, now - wait.bookedUntil, now);
    if (!isSame) wait.blockers = found.blockers.map((one) => describeBlocker(one, sessions));
    findRoots(this.#waits, wait);
    if (!isSame) this.#sums.count(wait);
  }

  #adopt(cluster: number, found: WaitInMemory, now: number): void {
    const sessions = this.#clusters.get(cluster)!;
    // The kernel measures it from the moment on that it watches the process.
    const known = { began: monotonicOf(found.since, now), bookedUntil: now, isMeasured: true };
    const wait = describeWait(cluster, found, sessions, known);
    this.#follow(keyOf(cluster, found.pid), wait);
    this.#sums.count(wait);
  }

  #follow(key: string, wait: LockWait): void {
    this.#waits.set(key, wait);
    this.#timer ??= setInterval(() => this.#lookAgain(), LOOK_MS).unref();
  }

  #lookAgain(): void {
    this.#engine.drain();
    this.#look(FRESH_NS);
    if (this.#waits.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #end(wait: LockWait, ns: number): void {
    this.#sums.book(wait, ns, wait.bookedUntil + ns);
    this.#waits.delete(keyOf(wait.cluster, wait.pid));
  }
}

/** The kernel did not see all of them: a long list, or a group of parallel workers. */
function completeBlockers(wait: LockWait, sessions: Sessions): void {
  const found = sessions.open.locks.read().find(({ pid }) => pid === wait.pid);
  if (!found || !isSameLock(found, wait)) return;
  wait.blockers = found.blockers.map((one) => describeBlocker(one, sessions));
  wait.isComplete = true;
}

/** Of a session's statement that was executed at that moment, as long as it is. */
function innerSince(status: BackendStatus, at: number, sessions: Sessions): Inner | undefined {
  if (!sessions.looksInside) return undefined;
  const inner = sessions.inner(status);
  const isSame = sessions.find(status.pid)?.statementStart === status.statementStart;
  return isSame && isBefore(status.statementStart, at) ? inner : NOT_KNOWN;
}

const NO_STATEMENT: Statement = { queryId: null, fingerprint: null, query: null, truncated: false };

/** A parallel query's processes are one; a process may hold the lock and wait for more of it. */
function mergeByPid(blockers: readonly KernelLockBlocker[]): KernelLockBlocker[] {
  const merged = new Map<number, KernelLockBlocker>();
  for (const one of blockers) merged.set(one.pid, { ...one, held: one.held | (merged.get(one.pid)?.held ?? 0) });
  return [...merged.values()];
}
