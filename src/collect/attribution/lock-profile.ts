/** What locks.bt must know of a cluster to follow a lock to its holders and waiters. */
import type { OpenSampler } from '../../postgres/discover/index.ts';
import { LOCK_CONFLICTS } from '../../postgres/memory/index.ts';

/** `struct lock_profile` of locks.bt. */
export interface KernelLockProfile {
  readonly procs: bigint;
  readonly statuses: bigint;
  readonly proc_size: number;
  readonly status_size: number;
  readonly backend_id: number;
  readonly pid: number;
  readonly wait_mode: number;
  readonly links: number;
  readonly group_leader: number;
  readonly tag: number;
  readonly holders: number;
  readonly waiters: number;
  readonly holder_link: number;
  readonly holder_proc: number;
  readonly hold_mask: number;
  readonly conflicts: readonly number[];
}

export function kernelLockProfile({ profile, arrays }: OpenSampler): KernelLockProfile {
  const { offsets, sizes } = profile.layout;
  const { PGPROC, LOCK, PROCLOCK, PROCLOCKTAG } = offsets;
  const hasQueryIds = offsets.PgBackendStatus.st_query_id !== undefined;
  return {
    procs: BigInt(arrays.procs),
    // Before 14 a status has no query id, which locks.bt reads.
    statuses: hasQueryIds ? BigInt(arrays.statuses) : 0n,
    proc_size: sizes.PGPROC,
    status_size: sizes.PgBackendStatus,
    backend_id: profile.major >= 17 ? 0 : (PGPROC.backendId ?? 0),
    pid: PGPROC.pid,
    wait_mode: PGPROC.waitLockMode,
    links: PGPROC.links,
    group_leader: PGPROC.lockGroupLeader,
    tag: LOCK.tag,
    holders: LOCK.procLocks,
    waiters: LOCK.waitProcs,
    holder_link: PROCLOCK.lockLink,
    holder_proc: PROCLOCK.tag + PROCLOCKTAG.myProc,
    hold_mask: PROCLOCK.holdMask,
    conflicts: Array.from({ length: 16 }, (_, mode) => LOCK_CONFLICTS[mode] ?? 0),
  };
}
