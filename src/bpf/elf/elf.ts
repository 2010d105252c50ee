/** An ELF file, of which only the ranges asked for are read. */
import { PebbleError } from '../../base/errors.ts';
import { readCompressed } from './compressed.ts';
import {
  type Header,
  readTables,
  SECTION_FLAG,
  SECTION_TYPE,
  SEGMENT_TYPE,
  type Section,
  type Segment,
} from './header.ts';
import { type ByteSource, bytesSource, fileSource } from './source.ts';
import { SymbolTable } from './symbols.ts';

export class Elf {
  readonly source: ByteSource;
  readonly header: Header;
  readonly sections: readonly Section[];
  readonly segments: readonly Segment[];
  #tables: readonly SymbolTable[] | undefined;

  private constructor(source: ByteSource) {
    const { header, sections, segments } = readTables(source);
    this.source = source;
    this.header = header;
    this.sections = sections;
    this.segments = segments;
  }

  /** The file stays open until `close`. */
  static open(path: string): Elf {
    const source = fileSource(path);
    try {
      return new Elf(source);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  static parse(bytes: Buffer, name = 'ELF file'): Elf {
    return new Elf(bytesSource(bytes, name));
  }

  get name(): string {
    return this.source.name;
  }

  close(): void {
    this.source.close();
  }

  section(name: string): Section | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** A section's contents, unpacked when the section is compressed; none for .bss and its like. */
  read(section: Section): Buffer {
    if (section.type === SECTION_TYPE.nobits) return Buffer.alloc(0);
    const bytes = this.source.read(section.offset, section.size);
    return (section.flags & SECTION_FLAG.compressed) !== 0
      ? readCompressed(bytes, `${this.name} ${section.name}`)
      : bytes;
  }

  /** .symtab and .dynsym, as far as the file has them; .symtab, when it is there, has all that .dynsym has. */
  symbolTables(): readonly SymbolTable[] {
    this.#tables ??= [SECTION_TYPE.symtab, SECTION_TYPE.dynsym].flatMap((type) => {
      const section = this.sections.find((candidate) => candidate.type === type);
      return section ? [this.#symbolTable(section)] : [];
    });
    return this.#tables;
  }

  /** Where in the file the byte lies that is loaded at `address`. */
  fileOffset(address: number): number | undefined {
    for (const segment of this.segments) {
      const distance = address - segment.address;
      if (segment.type === SEGMENT_TYPE.load && distance >= 0 && distance < segment.fileSize) {
        return segment.offset + distance;
      }
    }
    return undefined;
  }

  /** The address at which the file's byte at `offset` is loaded (before the load bias). */
  address(offset: number): number | undefined {
    for (const segment of this.segments) {
      const distance = offset - segment.offset;
      if (segment.type === SEGMENT_TYPE.load && distance >= 0 && distance < segment.fileSize) {
        return segment.address + distance;
      }
    }
    return undefined;
  }

  fail(what: string): never {
    throw new PebbleError('format', { doing: `reading ${this.name}`, what });
  }

  #symbolTable(section: Section): SymbolTable {
    const strings = this.sections[section.link] ?? this.fail(`${section.name} names no string table`);
    return new SymbolTable(
      () => this.read(section),
      () => this.read(strings),
    );
  }
}
