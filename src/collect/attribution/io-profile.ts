/** Where PostgreSQL 18 keeps its asynchronous I/O; nothing where that is not as io.bt reads it. */
import { type DiscoveredCluster, withServerImage } from '../../postgres/discover/index.ts';
import { type Profile, resolveProfile, type ServerImage } from '../../postgres/layout/index.ts';
import { readBlock, readPointer, readU32 } from '../../postgres/memory/index.ts';

/** `struct io_profile` of io.bt. */
export interface IoProfile {
  readonly control: bigint;
  readonly proc_number: bigint;
  readonly io_worker: number;
  readonly status_bytes: number;
}

/** sizeof(PgAioHandle), offsetof(owner_procno); PgAioCtl.io_handle_count, .io_handles (storage/aio_internal.h of 18). */
const HANDLE = { size: 144, owner: 16 } as const;
const CONTROL = { count: 40, handles: 48 } as const;
/** Enough to be sure. */
const MOST_HANDLES = 512;
const NO_WORKERS: IoProfile = { control: 0n, proc_number: 0n, io_worker: 0, status_bytes: 0 };

export function ioProfile(cluster: DiscoveredCluster): IoProfile {
  return withServerImage(cluster, (image) => {
    const profile = resolveProfile(image);
    return hasHandles(image, profile) ? workersOf(profile) : NO_WORKERS;
  });
}

function workersOf({ addresses, layout }: Profile): IoProfile {
  return {
    control: BigInt(addresses.pgaio_ctl!),
    proc_number: BigInt(addresses.MyProcNumber!),
    io_worker: layout.backendTypes.indexOf('io worker'),
    status_bytes: layout.sizes.PgBackendStatus ?? 0,
  };
}

/** Each process owns as many handles as any other, one behind the other: so the owners count up. */
function hasHandles({ children }: ServerImage, { addresses, layout }: Profile): boolean {
  const { pgaio_ctl, MyProcNumber } = addresses;
  const memory = children[0]?.memory;
  if (!memory || pgaio_ctl === undefined || MyProcNumber === undefined) return false;
  if (!layout.backendTypes.includes('io worker')) return false;
  const control = readPointer(memory, pgaio_ctl) ?? 0;
  const count = Math.min(readU32(memory, control + CONTROL.count) ?? 0, MOST_HANDLES);
  const handles = readBlock(memory, readPointer(memory, control + CONTROL.handles) ?? 0, count * HANDLE.size);
  if (!handles || count === 0) return false;
  const owners = Array.from({ length: count }, (_, index) =>
    handles.getInt32(index * HANDLE.size + HANDLE.owner, true),
  );
  const share = owners.lastIndexOf(0) + 1;
  return share > 0 && owners.every((one, index) => one === Math.floor(index / share));
}
