/** For tests: values written as they lie in ring records and maps. */
import { type RecordShape, sizeOf, write } from '../../base/record.ts';
import type { ScriptMap } from '../../lang/script.ts';
import { shapeOf, sizeOfType } from '../../lang/types/layout.ts';
import type { Type } from '../../lang/types/type.ts';
import type { Resolver } from '../format/resolver.ts';
import type { RawEntries } from '../format/snapshot.ts';

/** Knows no names. */
export const BLIND: Resolver = {
  kernelSymbol: (address) => `0x${address.toString(16)}`,
  userSymbol: (address) => `0x${address.toString(16)}`,
  stack: () => '\n',
  userName: (uid) => String(uid),
  cgroupPath: () => '',
  epoch: (_clock, nanoseconds) => nanoseconds,
};

export const CONTEXT = { resolver: BLIND, truncationTrailer: '..' };

/** A ring record of the shape. */
export function recordOf(shape: RecordShape, value: Readonly<Record<string, unknown>>): DataView {
  const view = new DataView(new ArrayBuffer(shape.size));
  for (const [name, field] of Object.entries(value))
    write(shape.fields[name]!, view, shape.offsets[name]!, field as never);
  return view;
}

export function scriptMap(name: string, value: Type, key?: Type, perCpu = false): ScriptMap {
  const shapes = { valueShape: shapeOf(value), ...(key && { key, keyShape: shapeOf(key) }) };
  return { name, spec: name, value, perCpu, ...shapes };
}

/** Entries of a map: each key with one value a CPU. */
export function entriesOf(
  map: ScriptMap,
  rows: readonly (readonly [key: unknown, ...copies: unknown[]])[],
): RawEntries {
  const keySize = map.key ? sizeOfType(map.key) : 4;
  const stride = Math.ceil(sizeOf(map.valueShape) / 8) * 8;
  const cpus = (rows[0]?.length ?? 2) - 1;
  const keys = new DataView(new ArrayBuffer(rows.length * keySize));
  const values = new DataView(new ArrayBuffer(rows.length * cpus * stride));
  for (const [i, [key, ...copies]] of rows.entries()) {
    if (map.keyShape) write(map.keyShape, keys, i * keySize, key as never);
    for (const [cpu, copy] of copies.entries()) write(map.valueShape, values, (i * cpus + cpu) * stride, copy as never);
  }
  const starts = Array.from({ length: cpus }, (_, cpu) => cpu * stride);
  return { count: rows.length, keys, keySize, values, valueSize: cpus * stride, copies: starts };
}
