/** The ELF header and its tables of sections and segments (elf(5)). */
import { ByteCursor, textAt } from '../../base/bytes.ts';
import type { ByteSource } from './source.ts';

const HEADER_SIZE = 64;
const SECTION_SIZE = 64;
const SEGMENT_SIZE = 56;
/** e_phnum when the real count is in the first section's sh_info. */
const MANY_SEGMENTS = 0xffff;
/** e_shstrndx when the real index is in the first section's sh_link. */
const FAR_INDEX = 0xffff;

export const FILE_TYPE = { relocatable: 1, executable: 2, shared: 3, core: 4 } as const;
export const SECTION_TYPE = {
  progbits: 1,
  symtab: 2,
  strtab: 3,
  rela: 4,
  note: 7,
  nobits: 8,
  rel: 9,
  dynsym: 11,
} as const;
export const SECTION_FLAG = { write: 1, alloc: 2, exec: 4, compressed: 0x800 } as const;
export const SEGMENT_TYPE = { load: 1, dynamic: 2, note: 4 } as const;
export const SEGMENT_FLAG = { exec: 1, write: 2, read: 4 } as const;

const MACHINES: Record<number, Machine> = { 62: 'x86_64', 183: 'arm64', 247: 'bpf' };
/** What the file's instructions are for. */
export type Machine = 'x86_64' | 'arm64' | 'bpf';

export interface Header {
  /** FILE_TYPE. */
  readonly type: number;
  readonly machine: Machine;
  readonly entry: number;
}

export interface Section {
  readonly index: number;
  readonly name: string;
  /** SECTION_TYPE. */
  readonly type: number;
  /** SECTION_FLAG. */
  readonly flags: number;
  readonly address: number;
  /** Offset in the file. */
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly alignment: number;
  readonly entrySize: number;
}

export interface Segment {
  /** SEGMENT_TYPE. */
  readonly type: number;
  /** SEGMENT_FLAG. */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly alignment: number;
}

export interface Tables {
  readonly header: Header;
  readonly sections: readonly Section[];
  readonly segments: readonly Segment[];
}

export function readTables(source: ByteSource): Tables {
  const cursor = new ByteCursor(source.read(0, Math.min(HEADER_SIZE, source.size)), source.name);
  checkIdent(cursor);
  const type = cursor.u16();
  const number = cursor.u16();
  const machine = MACHINES[number] ?? cursor.fail(`machine ${number} is not supported (x86-64 and arm64 are)`);
  cursor.u32();
  const entry = cursor.size64();
  const segmentsAt = cursor.size64();
  const sectionsAt = cursor.size64();
  cursor.u32();
  cursor.u16();
  const segmentSize = cursor.u16();
  const segmentCount = cursor.u16();
  const sectionSize = cursor.u16();
  const sectionCount = cursor.u16();
  const namesIndex = cursor.u16();
  if (segmentCount > 0 && segmentSize !== SEGMENT_SIZE) cursor.fail(`program headers of ${segmentSize} bytes`);
  if (sectionsAt > 0 && sectionSize !== SECTION_SIZE) cursor.fail(`section headers of ${sectionSize} bytes`);
  const sections = sectionsAt > 0 ? readSections(source, sectionsAt, sectionCount, namesIndex) : [];
  const count = segmentCount === MANY_SEGMENTS && sections[0] ? sections[0].info : segmentCount;
  return { header: { type, machine, entry }, sections, segments: readSegments(source, segmentsAt, count) };
}

/** Magic, then class 2 (64 bits), data 1 (little-endian), version 1. */
function checkIdent(cursor: ByteCursor): void {
  const ident = cursor.take(Math.min(16, cursor.remaining));
  if (ident.toString('latin1', 0, 4) !== '\x7fELF') cursor.fail('this is not an ELF file');
  if (ident[4] !== 2) cursor.fail('only 64-bit ELF files are supported');
  if (ident[5] !== 1) cursor.fail('only little-endian ELF files are supported');
}

function readSegments(source: ByteSource, at: number, count: number): Segment[] {
  const cursor = new ByteCursor(source.read(at, count * SEGMENT_SIZE), source.name);
  return Array.from({ length: count }, () => {
    const type = cursor.u32();
    const flags = cursor.u32();
    const offset = cursor.size64();
    const address = cursor.size64();
    cursor.u64();
    return {
      type,
      flags,
      offset,
      address,
      fileSize: cursor.size64(),
      memorySize: cursor.size64(),
      alignment: cursor.size64(),
    };
  });
}

function readSections(source: ByteSource, at: number, count: number, namesIndex: number): Section[] {
  if (count === 0 || namesIndex === FAR_INDEX) {
    // More than the 16-bit fields hold: the first section, else unused, has the numbers.
    const first = readSection(new ByteCursor(source.read(at, SECTION_SIZE), source.name), 0).section;
    if (count === 0) count = first.size;
    if (namesIndex === FAR_INDEX) namesIndex = first.link;
  }
  const cursor = new ByteCursor(source.read(at, count * SECTION_SIZE), source.name);
  const raw = Array.from({ length: count }, (_, index) => readSection(cursor, index));
  const names = raw[namesIndex]?.section;
  const text = names && names.type === SECTION_TYPE.strtab ? source.read(names.offset, names.size) : Buffer.alloc(0);
  return raw.map(({ section, nameOffset }) => ({
    ...section,
    name: nameOffset < text.length ? textAt(text, nameOffset) : '',
  }));
}

function readSection(cursor: ByteCursor, index: number): { section: Section; nameOffset: number } {
  const nameOffset = cursor.u32();
  const type = cursor.u32();
  const flags = cursor.size64();
  const address = cursor.size64();
  const offset = cursor.size64();
  const size = cursor.size64();
  const link = cursor.u32();
  const info = cursor.u32();
  const alignment = cursor.size64();
  const entrySize = cursor.size64();
  const section = { index, name: '', type, flags, address, offset, size, link, info, alignment, entrySize };
  return { section, nameOffset };
}
