/** DWARF package files (.dwp): the split units of a program in one file, with an index of what belongs to which. */
import { DwarfCursor } from './cursor.ts';
import { type DebugSections, type SectionName, SharedSections } from './sections.ts';

/** DW_SECT_*: of GNU's version 2 and of version 5. */
const SECTIONS: Readonly<Record<2 | 5, Readonly<Record<number, SectionName>>>> = {
  2: { 1: 'info', 3: 'abbrev', 4: 'line', 6: 'str_offsets' },
  5: { 1: 'info', 3: 'abbrev', 4: 'line', 6: 'str_offsets', 8: 'rnglists' },
};

/**
 * The sections of the unit with this id. .debug_cu_index (version 5, 7.3.5.3): version, columns, units, slots;
 * an id a slot; a row number (from 1) a slot; the columns' section numbers; offsets row by row; sizes row by row.
 */
export function packagedSections(all: DebugSections, id: bigint): DebugSections | undefined {
  if (all.size('cu_index') === 0) return undefined;
  const cursor = new DwarfCursor(all.whole('cu_index'), `.debug_cu_index of ${all.name}`);
  // Version 2 is four bytes wide, version 5 two and padding.
  const version = cursor.u32() & 0xffff;
  const names = version === 2 || version === 5 ? SECTIONS[version] : cursor.fail(`version ${version} is not known`);
  const columns = cursor.u32();
  const rows = cursor.u32();
  const slots = cursor.u32();
  const row = rowOf(cursor, id, slots);
  if (row === undefined || row >= rows) return undefined;
  cursor.offset += slots * 4;
  const sections = Array.from({ length: Math.min(columns, 16) }, () => names[cursor.u32()]);
  const table = cursor.offset;
  const cell = (table: number, column: number): number => {
    cursor.offset = table + (row * columns + column) * 4;
    return cursor.u32();
  };
  const shares = sections.map((name, column) => {
    const share = { offset: cell(table, column), size: cell(table + rows * columns * 4, column) };
    return [name, share] as const;
  });
  return new SharedSections(
    all,
    new Map(shares.filter((share): share is [SectionName, Share] => share[0] !== undefined)),
  );
}

type Share = { readonly offset: number; readonly size: number };

/** Leaves the cursor at the row numbers. */
function rowOf(cursor: DwarfCursor, id: bigint, slots: number): number | undefined {
  const ids = cursor.offset;
  const rows = ids + slots * 8;
  let found: number | undefined;
  for (let slot = 0; slot < slots && found === undefined; slot++) {
    cursor.offset = ids + slot * 8;
    if (cursor.u64() !== id) continue;
    cursor.offset = rows + slot * 4;
    const row = cursor.u32();
    if (row > 0) found = row - 1;
  }
  cursor.offset = rows;
  return found;
}
