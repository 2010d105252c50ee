/**
 * Finds variables without symbols: the words of .data and .bss that, in every child, point to a structure in shared memory
 * that names that child. Stripped builds of 13 need it for MyBEEntry, which is static there.
 */

import { pointerAt, readBlock, readI32 } from '../memory/memory.ts';
import type { Layout } from './fields.ts';
import type { AddressRange, ChildImage, ServerImage } from './image.ts';

/** Does the structure at `address` belong to this child? */
type Test = (child: ChildImage, address: number) => boolean;

/** As many children as it takes to rule out chance; each costs a read of all variables (a few 100 KB). */
const CHILDREN = 4;

export function findProc(image: ServerImage, layout: Layout): number[] {
  const { pid } = layout.offsets.PGPROC;
  return findPointers(image, (child, address) => readI32(child.memory, address + pid) === child.pid);
}

export function findBackendEntry(image: ServerImage, layout: Layout): number[] {
  const { st_procpid, st_backendType } = layout.offsets.PgBackendStatus;
  const types = layout.backendTypes.length;
  return findPointers(image, (child, address) => {
    if (readI32(child.memory, address + st_procpid) !== child.pid) return false;
    const type = readI32(child.memory, address + st_backendType);
    return type !== undefined && type > 0 && type < types;
  });
}

/** Children without such a structure (the log collector) have no hits and do not count. */
function findPointers(image: ServerImage, test: Test): number[] {
  let common: Set<number> | undefined;
  let children = 0;
  for (const child of image.children) {
    const hits = pointersOf(image, child, test);
    if (hits.size === 0) continue;
    common = common ? common.intersection(hits) : hits;
    if (++children === CHILDREN) break;
  }
  return [...(common ?? [])];
}

function pointersOf(image: ServerImage, child: ChildImage, test: Test): Set<number> {
  const hits = new Set<number>();
  const { start, end } = image.data;
  const data = readBlock(child.memory, start, end - start);
  for (let at = 0; data && at + 8 <= data.byteLength; at += 8) {
    const target = pointerAt(data, at);
    if (target % 8 === 0 && isIn(image.shared, target) && test(child, target)) hits.add(start + at);
  }
  return hits;
}

function isIn(ranges: readonly AddressRange[], address: number): boolean {
  return ranges.some((range) => range.start <= address && address < range.end);
}
