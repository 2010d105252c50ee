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

/** Undefined where no child tells: a server of 13 to 16 without any session, autovacuum and logical launcher switched off. */
export function locateBackends(image: ServerImage, profile: Profile): BackendArrays | undefined {
  for (const { memory } of image.children) {
    const procs = locateProcs(memory, profile);
    const entry = readPointer(memory, profile.addresses.MyBEEntry);
    const index = procs && slotIndex(memory, profile, procs.start);
    if (!procs || !entry || index === undefined) continue;
    return { procs: procs.start, statuses: entry - index * profile.layout.sizes.PgBackendStatus, count: procs.count };
  }
  return undefined;
}

function locateProcs(memory: Memory, { layout, addresses }: Profile): { start: number; count: number } | undefined {
  const header = addresses.ProcGlobal && readPointer(memory, addresses.ProcGlobal);
  if (!header) return undefined;
  const { allProcs, allProcCount } = layout.offsets.PROC_HDR;
  const start = readPointer(memory, header + allProcs);
  const count = readBlock(memory, header + allProcCount, 4)?.getUint32(0, true);
  return start && count ? { start, count } : undefined;
}

/** pgstat_beinit: the slot of a PgBackendStatus is that of its PGPROC from 17 on, before it is the backend id less one. */
function slotIndex(memory: Memory, { major, layout, addresses }: Profile, procs: number): number | undefined {
  const proc = readPointer(memory, addresses.MyProc);
  if (!proc) return undefined;
  if (major >= 17) return (proc - procs) / layout.sizes.PGPROC;
  const backendId = readI32(memory, proc + layout.offsets.PGPROC.backendId!);
  return backendId !== undefined && backendId > 0 ? backendId - 1 : undefined;
}
