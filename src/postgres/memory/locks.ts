/**
 * Who waits for a heavyweight lock and for whom: what pg_blocking_pids says, without its session and its locks
 * (src/backend/utils/adt/lockfuncs.c: pg_blocking_pids; src/backend/storage/lmgr/lock.c: GetBlockerStatusData).
 */

import type { Profile } from '../layout/index.ts';
import { momentAt } from './backend-status.ts';
import { listMembers } from './lists.ts';
import { LOCK_CONFLICTS, lockMode } from './lock-modes.ts';
import { decodeLockTag, type LockTag } from './lock-tag.ts';
import { type Memory, pointerAt, readBlock } from './memory.ts';
import type { BackendArrays } from './slots.ts';

export interface LockWait {
  readonly pid: number;
  /** pg_locks.mode */
  readonly mode: string;
  readonly tag: LockTag;
  /** Microseconds since 1970; null before PostgreSQL 14, and for a moment at the beginning. */
  readonly since: number | null;
  /** Holders of a conflicting lock, and conflicting waiters ahead in the queue. */
  readonly blockers: readonly LockBlocker[];
}

export interface LockBlocker {
  /** 0 is a prepared transaction; of parallel workers it is their leader. */
  readonly pid: number;
  /** Conflicting modes that it holds, a bit each; 0: it waits ahead in the queue. */
  readonly held: number;
}

/** Of PGPROC. */
interface Proc {
  readonly address: number;
  readonly pid: number;
  readonly waitLock: number;
  readonly waitLockMode: number;
  /** Microseconds since 1970. */
  readonly waitStart: number | null;
  /** Its own address where it is in no group of parallel workers. */
  readonly leader: number;
}

/** More holders than any server has sessions: an end for a list that changes while it is read. */
const LONGEST_LIST = 100_000;

export class LockReader {
  readonly #profile: Profile;
  readonly #memory: Memory;
  readonly #arrays: BackendArrays;

  constructor(profile: Profile, memory: Memory, arrays: BackendArrays) {
    this.#profile = profile;
    this.#memory = memory;
    this.#arrays = arrays;
  }

  /** Every session that waits at this moment. */
  read(): LockWait[] {
    const { sizes } = this.#profile.layout;
    const block = readBlock(this.#memory, this.#arrays.procs, this.#arrays.count * sizes.PGPROC);
    const waits: LockWait[] = [];
    for (let at = 0; block && at < block.byteLength; at += sizes.PGPROC) {
      const proc = this.#decode(block, at, this.#arrays.procs + at);
      const wait = proc.pid > 0 && proc.waitLock !== 0 ? this.#examine(proc) : undefined;
      if (wait) waits.push(wait);
    }
    return waits;
  }

  /** Undefined when the wait ended while it was looked at. */
  #examine(waiter: Proc): LockWait | undefined {
    const { layout } = this.#profile;
    const lock = readBlock(this.#memory, waiter.waitLock, layout.sizes.LOCK);
    const blockers = new Map<number, number>();
    for (const member of this.#groupOf(waiter)) {
      if (member.waitLock === 0) continue;
      for (const { pid, held } of this.#blockersOf(member)) blockers.set(pid, (blockers.get(pid) ?? 0) | held);
    }
    if (!lock || this.#proc(waiter.address)?.waitLock !== waiter.waitLock) return undefined;
    return {
      pid: waiter.pid,
      mode: lockMode(waiter.waitLockMode),
      tag: decodeLockTag(lock, layout.offsets.LOCK.tag, layout),
      since: waiter.waitStart,
      blockers: [...blockers].map(([pid, held]) => ({ pid, held })),
    };
  }

  /** A parallel worker is blocked by what blocks any of its group. */
  #groupOf(waiter: Proc): Proc[] {
    const { PGPROC } = this.#profile.layout.offsets;
    const members = this.#list(waiter.leader + PGPROC.lockGroupMembers, PGPROC.lockGroupLink);
    return members.length === 0 ? [waiter] : members.flatMap((address) => this.#proc(address) ?? []);
  }

  *#blockersOf(waiter: Proc): Generator<LockBlocker> {
    const { LOCK, PROCLOCK, PROCLOCKTAG } = this.#profile.layout.offsets;
    const conflicts = LOCK_CONFLICTS[waiter.waitLockMode] ?? 0;
    const ahead = this.#waitersAhead(waiter);
    for (const address of this.#list(waiter.waitLock + LOCK.procLocks, PROCLOCK.lockLink)) {
      const proclock = readBlock(this.#memory, address, this.#profile.layout.sizes.PROCLOCK);
      const holder = proclock && this.#proc(pointerAt(proclock, PROCLOCK.tag + PROCLOCKTAG.myProc));
      if (!holder || holder.leader === waiter.leader) continue;
      const held = conflicts & proclock.getInt32(PROCLOCK.holdMask, true);
      const waitsAhead = ahead.has(holder.address) && (conflicts & (1 << holder.waitLockMode)) !== 0;
      if (held || waitsAhead) yield { pid: this.#proc(holder.leader)?.pid ?? holder.pid, held };
    }
  }

  #waitersAhead(waiter: Proc): Set<number> {
    const { LOCK, PGPROC } = this.#profile.layout.offsets;
    const queue = this.#list(waiter.waitLock + LOCK.waitProcs, PGPROC.links);
    return new Set(queue.slice(0, Math.max(0, queue.indexOf(waiter.address))));
  }

  #list(head: number, link: number): number[] {
    return [...listMembers(this.#memory, head, link, LONGEST_LIST)];
  }

  #proc(address: number): Proc | undefined {
    const block = readBlock(this.#memory, address, this.#profile.layout.sizes.PGPROC);
    return block && this.#decode(block, 0, address);
  }

  #decode(block: DataView, at: number, address: number): Proc {
    const { PGPROC } = this.#profile.layout.offsets;
    return {
      address,
      pid: block.getInt32(at + PGPROC.pid, true),
      waitLock: pointerAt(block, at + PGPROC.waitLock),
      waitLockMode: block.getInt32(at + PGPROC.waitLockMode, true),
      waitStart: PGPROC.waitStart === undefined ? null : momentAt(block, at + PGPROC.waitStart),
      leader: pointerAt(block, at + PGPROC.lockGroupLeader) || address,
    };
  }
}
