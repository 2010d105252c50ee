/** Names of the code in one ELF file: address to symbol. */
import { AddressIndex } from './addresses.ts';
import type { Elf } from './elf.ts';
import { SECTION_FLAG } from './header.ts';
import type { SymbolTable } from './symbols.ts';

export interface CodePlace {
  readonly symbol: string;
  /** Bytes from the symbol's start. */
  readonly offset: number;
  /** The address lies outside of every symbol; this one is the nearest before it. */
  readonly near: boolean;
}

/**
 * Functions, and labels in executable sections, of .symtab; of .dynsym when the file is stripped.
 * The file is not needed any more once this is made.
 */
export class CodeSymbols {
  readonly #table: SymbolTable | undefined;
  readonly #index: AddressIndex | undefined;

  constructor(elf: Elf) {
    const table = elf.symbolTables()[0];
    if (table === undefined) return;
    table.load();
    const executable = elf.sections.map((section) => (section.flags & SECTION_FLAG.exec) !== 0);
    this.#table = table;
    this.#index = new AddressIndex({
      count: table.count,
      accepts: (i) => table.isFunction(i) || (table.isLabel(i) && executable[table.sectionOf(i)] === true),
      addressOf: (i) => table.addressOf(i),
      sizeOf: (i) => table.sizeOf(i),
      rank: (i) => table.rank(i),
    });
  }

  get count(): number {
    return this.#index?.count ?? 0;
  }

  /** `address` as linked: without the load bias. */
  locate(address: number): CodePlace | undefined {
    const found = this.#index?.locate(address);
    return found && { symbol: this.#table!.nameOf(found.index), offset: found.offset, near: found.near };
  }
}
