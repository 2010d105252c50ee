/** The debug sections of one file, each read when it is first needed; of large ones only the ranges asked for. */
import { type Elf, SECTION_FLAG, type Section } from '../elf/index.ts';

export type SectionName =
  | 'abbrev'
  | 'addr'
  | 'cu_index'
  | 'info'
  | 'line'
  | 'line_str'
  | 'ranges'
  | 'rnglists'
  | 'str'
  | 'str_offsets';

export interface DebugSections {
  /** For messages. */
  readonly name: string;
  size(section: SectionName): number;
  /** All of it; empty when the file has none. */
  whole(section: SectionName): Buffer;
  /** Only this range of it. */
  part(section: SectionName, offset: number, length: number): Buffer;
}

const EMPTY = Buffer.alloc(0);

/** Sections of an open ELF file: `.debug_info`, or `.debug_info.dwo` in what -gsplit-dwarf puts aside. */
export class ElfSections implements DebugSections {
  readonly #elf: Elf;
  readonly #suffix: string;
  readonly #sections = new Map<SectionName, Section | undefined>();
  readonly #read = new Map<SectionName, Buffer>();
  readonly #sizes = new Map<SectionName, number>();

  constructor(elf: Elf, suffix: '' | '.dwo' = '') {
    this.#elf = elf;
    this.#suffix = suffix;
  }

  get name(): string {
    return this.#elf.name;
  }

  size(name: SectionName): number {
    let size = this.#sizes.get(name);
    if (size === undefined) {
      const section = this.#section(name);
      size = section === undefined ? 0 : isPacked(section) ? this.whole(name).length : section.size;
      this.#sizes.set(name, size);
    }
    return size;
  }

  whole(name: SectionName): Buffer {
    let bytes = this.#read.get(name);
    if (bytes === undefined) {
      const section = this.#section(name);
      bytes = section ? this.#elf.read(section) : EMPTY;
      this.#read.set(name, bytes);
    }
    return bytes;
  }

  part(name: SectionName, offset: number, length: number): Buffer {
    const section = this.#section(name);
    const size = this.size(name);
    if (section === undefined || !(offset >= 0 && length >= 0 && offset + length <= size)) {
      this.#elf.fail(`${length} bytes at ${offset} of .debug_${name} are wanted, it has ${size}`);
    }
    const known = isPacked(section) ? this.whole(name) : this.#read.get(name);
    return known ? known.subarray(offset, offset + length) : this.#elf.source.read(section.offset + offset, length);
  }

  #section(name: SectionName): Section | undefined {
    // The index of a package is not split off itself.
    const suffix = name === 'cu_index' ? '' : this.#suffix;
    if (!this.#sections.has(name)) this.#sections.set(name, this.#elf.section(`.debug_${name}${suffix}`));
    return this.#sections.get(name);
  }
}

const isPacked = ({ flags }: Section): boolean => (flags & SECTION_FLAG.compressed) !== 0;

/** What one unit of a package file (.dwp) has of each section; sections without a share are common to all. */
export class SharedSections implements DebugSections {
  readonly #all: DebugSections;
  readonly #shares: ReadonlyMap<SectionName, { readonly offset: number; readonly size: number }>;

  constructor(
    all: DebugSections,
    shares: ReadonlyMap<SectionName, { readonly offset: number; readonly size: number }>,
  ) {
    this.#all = all;
    this.#shares = shares;
  }

  get name(): string {
    return this.#all.name;
  }

  size(name: SectionName): number {
    return this.#shares.get(name)?.size ?? this.#all.size(name);
  }

  whole(name: SectionName): Buffer {
    const share = this.#shares.get(name);
    return share ? this.#all.part(name, share.offset, share.size) : this.#all.whole(name);
  }

  part(name: SectionName, offset: number, length: number): Buffer {
    return this.#all.part(name, (this.#shares.get(name)?.offset ?? 0) + offset, length);
  }
}
