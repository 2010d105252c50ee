/** The headers of .debug_info: where each unit lies and how its entries are written. */
import { UNIT } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import type { Format } from './form.ts';
import type { DebugSections } from './sections.ts';

export interface UnitHeader extends Format {
  /** In .debug_info. */
  readonly offset: number;
  /** In bytes, the header included. */
  readonly size: number;
  /** UNIT. */
  readonly type: number;
  /** Its table in .debug_abbrev. */
  readonly abbreviations: number;
  /** The first entry, from the unit's start. */
  readonly root: number;
  /** Of a unit that is split in two files, the same in both; of a type unit, the type's signature. */
  readonly id?: bigint;
  /** Of a type unit: the type's entry, from the unit's start. */
  readonly typeAt?: number;
  /** The unit's first bytes, with the whole of its first entry in nearly all cases. */
  readonly head: Buffer;
}

/** Enough for a header and for most first entries: a file is not read whole to know its units. */
const HEAD = 512;

/** In the order of their offsets. A damaged header ends the list: behind it nothing can be found. */
export function readUnitHeaders(sections: DebugSections): UnitHeader[] {
  const size = sections.size('info');
  const headers: UnitHeader[] = [];
  for (let at = 0; at < size; ) {
    const head = sections.part('info', at, Math.min(HEAD, size - at));
    const header = readHeader(head, at, `unit at ${at} of ${sections.name}`);
    if (at + header.size > size) break;
    headers.push({ ...header, head: head.subarray(0, header.size) });
    at += header.size;
  }
  return headers;
}

function readHeader(head: Buffer, offset: number, name: string): UnitHeader {
  const cursor = new DwarfCursor(head, name);
  const { length, offsetSize } = cursor.unitLength();
  const size = length + cursor.offset;
  const version = cursor.u16();
  if (version < 2 || version > 5) cursor.fail(`DWARF version ${version} is not supported (2 to 5 are)`);
  const common = { offset, size, version, offsetSize, head } as const;
  if (version < 5) {
    const abbreviations = cursor.position(offsetSize);
    return { ...common, abbreviations, addressSize: cursor.u8(), type: UNIT.compile, root: cursor.offset };
  }
  const type = cursor.u8();
  const addressSize = cursor.u8();
  const abbreviations = cursor.position(offsetSize);
  const hasId = type !== UNIT.compile && type !== UNIT.partial;
  const id = hasId ? cursor.u64() : undefined;
  const typeAt = type === UNIT.type || type === UNIT.splitType ? cursor.position(offsetSize) : undefined;
  return {
    ...common,
    type,
    addressSize,
    abbreviations,
    root: cursor.offset,
    ...(id !== undefined && { id }),
    ...(typeAt !== undefined && { typeAt }),
  };
}
