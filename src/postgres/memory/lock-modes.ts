/** Lock modes and which of them conflict (src/include/storage/lockdefs.h, src/backend/storage/lmgr/lock.c: LockConflicts). */

/** Index = LOCKMODE. */
export const LOCK_MODES = [
  'NoLock',
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const;

/** Index = LOCKMODE, value = bit per conflicting mode; the same for tables and for advisory locks. */
export const LOCK_CONFLICTS: readonly number[] = [
  [],
  [8],
  [7, 8],
  [5, 6, 7, 8],
  [4, 5, 6, 7, 8],
  [3, 4, 6, 7, 8],
  [3, 4, 5, 6, 7, 8],
  [2, 3, 4, 5, 6, 7, 8],
  [1, 2, 3, 4, 5, 6, 7, 8],
].map((modes) => modes.reduce((mask, mode) => mask | (1 << mode), 0));

export const lockMode = (mode: number): string => LOCK_MODES[mode] ?? String(mode);

/** The strongest of some modes, a bit each; undefined of none. */
export const strongestMode = (mask: number): string | undefined =>
  mask === 0 ? undefined : lockMode(31 - Math.clz32(mask));
