/** What locks.bt tells of waits. */

/** `struct lock_wait` of locks.bt. */
export interface KernelLockWait {
  readonly at: bigint;
  readonly pid: number;
  readonly cluster: number;
  readonly slot: number;
  readonly tag: readonly number[];
  readonly mode: number;
  readonly inner: bigint;
  readonly blockers: number;
  readonly more: number;
  readonly blocker: readonly KernelLockBlocker[];
}

export interface KernelLockBlocker {
  readonly xact_start: bigint;
  readonly pid: number;
  readonly held: number;
  readonly slot: number;
  readonly state: number;
  readonly status: bigint;
}

/** `struct lock_end` of locks.bt. */
export interface KernelLockEnd {
  readonly ns: bigint;
  readonly cluster: number;
  readonly pid: number;
  readonly slot: number;
}
