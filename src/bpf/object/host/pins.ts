/** Maps that are to be pinned where nothing can be. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MapSpec } from '../../spec/index.ts';

/** BPF_FS_MAGIC (linux/magic.h). */
const BPF_FS = 0xcafe4a11;

/** The same map, without its pin where that cannot be made. */
export function withoutLostPin(map: MapSpec): MapSpec {
  if (map.pin === undefined || canPin(map.pin)) return map;
  const { pin: _, ...rest } = map;
  return rest;
}

/** For people: what became of the pin. */
export function lostPin({ pin }: MapSpec): string {
  const place = dirname(pin!);
  return `not pinned at ${pin}, it goes with this process: mount -t bpf bpf ${place} makes the file system that is missing there`;
}

function canPin(path: string): boolean {
  try {
    return statfsSync(dirname(path)).type >>> 0 === BPF_FS;
  } catch {
    return false;
  }
}
