/** One unit of .debug_info: its entries, and what their values refer to outside of it. */
import { textAt } from '../../base/bytes.ts';
import type { Abbreviation, Abbreviations } from './abbreviations.ts';
import { AT, UNIT } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { Entry } from './entry.ts';
import type { DebugSections } from './sections.ts';
import type { UnitHeader } from './unit-header.ts';

/** The file that a unit is in, as its units need it. */
export interface UnitFile {
  readonly sections: DebugSections;
  abbreviationsOf(header: UnitHeader): Abbreviations;
  /** By its offset in .debug_info. */
  entryAt(offset: number): Entry | undefined;
  typeBySignature(signature: bigint): Entry | undefined;
}

/** Where tables of offsets begin behind their header (version 5, 7.26–7.28): length, version, padding or sizes. */
const STRINGS_HEADER = { 4: 8, 8: 16 } as const;
const RANGES_HEADER = { 4: 12, 8: 20 } as const;

export class Unit {
  readonly file: UnitFile;
  readonly header: UnitHeader;
  /** The unit that stayed in the program when this one was split off: it has the addresses. */
  readonly skeleton: Unit | undefined;
  #cursor: DwarfCursor | undefined;
  #root: Entry | undefined;

  constructor(file: UnitFile, header: UnitHeader, skeleton?: Unit) {
    this.file = file;
    this.header = header;
    this.skeleton = skeleton;
  }

  get name(): string {
    return `unit at ${this.header.offset} of ${this.file.sections.name}`;
  }

  /** The entry of the whole unit, for which usually only the unit's first bytes are read. */
  get root(): Entry {
    this.#root ??= this.#headEntry() ?? new Entry(this, this.header.root, this.at(0));
    return this.#root;
  }

  /** A cursor over the unit's bytes, which all entries share: to be used before the next call. */
  at(offset: number): DwarfCursor {
    if (this.#cursor === undefined) {
      const { head, size, offset: start } = this.header;
      const bytes = head.length === size ? head : this.file.sections.part('info', start, size);
      this.#cursor = new DwarfCursor(bytes, this.name);
    }
    this.#cursor.offset = offset;
    return this.#cursor;
  }

  /** undefined behind the unit's end, and for the null entry that ends a list of siblings. */
  entry(offset: number): Entry | undefined {
    if (!(offset >= this.header.root && offset < this.header.size)) return undefined;
    const entry = new Entry(this, offset, this.at(offset));
    return entry.isNull ? undefined : entry;
  }

  abbreviation(code: number): Abbreviation | undefined {
    return this.file.abbreviationsOf(this.header).get(code);
  }

  /** Gives the memory of the unit's bytes back; they are read again when needed. */
  release(): void {
    this.#cursor = undefined;
  }

  /** .debug_str by way of .debug_str_offsets. */
  indexedText(index: number): string | undefined {
    const { offsetSize, version } = this.header;
    const start = version < 5 ? 0 : STRINGS_HEADER[offsetSize];
    const base = this.#isSplit ? start : (this.root.number(AT.stringOffsetsBase) ?? start);
    const offset = tableEntry(this.file.sections.whole('str_offsets'), base + index * offsetSize, offsetSize);
    return offset === undefined ? undefined : textAt(this.file.sections.whole('str'), offset);
  }

  /** .debug_addr is in the program itself. */
  indexedAddress(index: number): number | undefined {
    const { file, header, root } = this.skeleton ?? this;
    const base = root.number(AT.addressBase) ?? root.number(AT.gnuAddressBase) ?? 0;
    return tableEntry(file.sections.whole('addr'), base + index * header.addressSize, header.addressSize);
  }

  /** Offset in .debug_rnglists of the list with this number. */
  indexedRanges(index: number): number | undefined {
    const { offsetSize } = this.header;
    const start = RANGES_HEADER[offsetSize];
    const base = this.#isSplit ? start : (this.root.number(AT.rangeListsBase) ?? start);
    const offset = tableEntry(this.file.sections.whole('rnglists'), base + index * offsetSize, offsetSize);
    return offset === undefined ? undefined : base + offset;
  }

  get #isSplit(): boolean {
    return this.skeleton !== undefined || this.header.type === UNIT.splitType;
  }

  #headEntry(): Entry | undefined {
    const { head, root, size } = this.header;
    if (head.length === size) return undefined;
    try {
      const entry = new Entry(this, root, new DwarfCursor(head, this.name, root));
      return entry.end <= head.length ? entry : undefined;
    } catch {
      // It is longer than the head.
      return undefined;
    }
  }
}

function tableEntry(table: Buffer, at: number, size: number): number | undefined {
  return at >= 0 && at + size <= table.length ? new DwarfCursor(table, 'table', at).sized(size) : undefined;
}
