/** Finds the arrays in shared memory that hold every backend: PGPROC and PgBackendStatus. */

import type { Profile, ServerImage } from '../layout/index.ts';
import { type Memory, readBlock, readI32, readPointer } from './memory.ts';

export interface BackendArrays {
  /** First PGPROC; as many follow as `count` says. */
  readonly procs: number;
  /** First PgBackendStatus. */
  readonly statuses: number;
  /** Of PGPROC: sessions, background processes, prepared transactions. */
  readonly count: number;
}

/** Undefined where no child tells: all of them have just begun, or are ending. */
export function locateBackends(image: ServerImage, profile: Profile): BackendArrays | undefined {
  for (const { memory } of image.children) {
    const procs = locateProcs(memory, profile);
    const entry = readPointer(memory, profile.addresses.MyBEEntry);
    const index = procs && entry && slotIndex(memory, profile, procs, entry);
    if (!procs || !entry || index === undefined) continue;
    return { procs: procs.start, statuses: entry - index * profile.layout.sizes.PgBackendStatus, count: procs.count };
  }
  return undefined;
}

type Procs = { readonly start: number; readonly count: number };

function locateProcs(memory: Memory, { layout, addresses }: Profile): Procs | undefined {
  const header = addresses.ProcGlobal && readPointer(memory, addresses.ProcGlobal);
  if (!header) return undefined;
  const { allProcs, allProcCount } = layout.offsets.PROC_HDR;
  const start = readPointer(memory, header + allProcs);
  const count = readBlock(memory, header + allProcCount, 4)?.getUint32(0, true);
  return start && count ? { start, count } : undefined;
}

/** pgstat_beinit: the slot of a PgBackendStatus is that of its PGPROC from 17 on. */
function slotIndex(memory: Memory, profile: Profile, procs: Procs, entry: number): number | undefined {
  const proc = readPointer(memory, profile.addresses.MyProc);
  if (!proc) return undefined;
  const { major, layout } = profile;
  if (major >= 17) return (proc - procs.start) / layout.sizes.PGPROC;
  const type = readI32(memory, entry + layout.offsets.PgBackendStatus.st_backendType);
  const auxiliary = auxiliaryIndex(major, layout.backendTypes[type ?? 0] ?? '');
  if (auxiliary !== undefined) return procs.count - auxiliaryProcs(major) + auxiliary;
  const backendId = readI32(memory, proc + layout.offsets.PGPROC.backendId!);
  return backendId !== undefined && backendId > 0 ? backendId - 1 : undefined;
}

/**
 * Before 17 the slot is the backend id less one, and MaxBackends plus the AuxProcType (src/include/miscadmin.h) of
 * processes that have one: the startup process of a standby has a backend id, too (SharedInvalBackendInit), which is not its slot.
 */
function auxiliaryIndex(major: number, backendType: string): number | undefined {
  const types = ['startup', 'background writer', 'archiver', 'checkpointer', 'walwriter', 'walreceiver'];
  const own = major === 13 ? types.filter((type) => type !== 'archiver') : types;
  const at = own.indexOf(backendType);
  // The bootstrap process and its checker came first until 14.
  return at < 0 ? undefined : at + (major <= 14 ? 2 : 0);
}

/** NUM_AUXILIARY_PROCS (src/include/storage/proc.h): allProcCount is so many more than MaxBackends (InitProcGlobal). */
const auxiliaryProcs = (major: number): number => (major === 13 ? 4 : 5);
