/** The order in which a map's entries are printed. */
import type { RecordShape } from '../../base/record.ts';
import type { ScriptMap } from '../../lang/script.ts';
import { shapeOf, sizeOfType } from '../../lang/types/layout.ts';
import { isAggregate, type Type, type TypeKind } from '../../lang/types/type.ts';
import { readInt } from './read-value.ts';

/** An entry before it is formatted: where its key is, and what it is sorted by when its value decides. */
export interface Ranked {
  readonly keyAt: number;
  readonly rank: bigint;
}

/** Kept in the order of their keys' bytes before they are sorted by value, if they are. */
const BUCKETED: ReadonlySet<TypeKind> = new Set(['hist', 'ehist', 'lhist', 'tseries']);

/** Numbers and aggregates by value; everything else by key, integers as signed numbers and texts by their bytes. */
export function sortEntries<Entry extends Ranked>(map: ScriptMap, keys: DataView, entries: Entry[]): Entry[] {
  if (BUCKETED.has(map.value.kind)) {
    const size = map.key ? sizeOfType(map.key) : 0;
    entries.sort((a, b) => compareBytes(keys, a.keyAt, b.keyAt, size));
    if (map.value.kind === 'tseries') return entries;
  }
  const byValue = map.value.kind === 'int' || map.value.kind === 'enum' || isAggregate(map.value);
  if (byValue) return entries.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  const parts = map.key ? sortableParts(map.key) : [];
  return entries.sort((a, b) => {
    for (const { at, compare } of parts) {
      const order = compare(keys, a.keyAt + at, b.keyAt + at);
      if (order !== 0) return order;
    }
    return 0;
  });
}

type Compare = (keys: DataView, a: number, b: number) => number;

function sortableParts(key: Type): { at: number; compare: Compare }[] {
  if (key.kind === 'tuple') {
    const { offsets } = shapeOf(key) as RecordShape;
    return key.of.flatMap((of, i) => {
      const compare = comparison(of);
      return compare ? [{ at: offsets[`_${i}`]!, compare }] : [];
    });
  }
  const compare = comparison(key);
  return compare ? [{ at: 0, compare }] : [];
}

function comparison(type: Type): Compare | undefined {
  if (type.kind === 'int' || type.kind === 'enum') {
    return (keys, a, b) => {
      const [left, right] = [readInt(keys, a, type.size, true), readInt(keys, b, type.size, true)];
      return left < right ? -1 : left > right ? 1 : 0;
    };
  }
  if (type.kind === 'string') return (keys, a, b) => compareBytes(keys, a, b, type.size);
  return undefined;
}

function compareBytes(keys: DataView, a: number, b: number, size: number): number {
  for (let i = 0; i < size; i++) {
    const order = keys.getUint8(a + i) - keys.getUint8(b + i);
    if (order !== 0) return order;
  }
  return 0;
}
