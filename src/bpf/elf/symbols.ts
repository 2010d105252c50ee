/** A symbol table, searched in its bytes: no object per symbol. */
import { textAt } from '../../base/bytes.ts';

/** Elf64_Sym: name:4 · info:1 (binding:4, type:4) · other:1 · section:2 · value:8 · size:8. */
const SYMBOL_SIZE = 24;
const SYMBOL_WORDS = SYMBOL_SIZE / 4;

const TYPES = ['notype', 'object', 'func', 'section', 'file', 'common', 'tls'] as const;
const NOTYPE = 0;
const FUNC = 2;
/** STT_GNU_IFUNC: a function that picks the implementation when the program starts. */
const IFUNC = 10;
export type SymbolType = (typeof TYPES)[number] | 'ifunc' | 'other';

/** .symtab names versions of shared functions: "memcpy@@GLIBC_2.14". */
const VERSION = /@@?[A-Za-z][\w.]*$/;

const BINDINGS = ['local', 'global', 'weak'] as const;
export type SymbolBinding = (typeof BINDINGS)[number] | 'other';

export interface ElfSymbol {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly type: SymbolType;
  readonly binding: SymbolBinding;
  /** Index of the section that holds it; 0 when it is defined elsewhere. */
  readonly section: number;
  /** Not for other files (STV_HIDDEN, STV_INTERNAL). */
  readonly hidden: boolean;
}

export class SymbolTable {
  readonly #readSymbols: () => Buffer;
  readonly #readStrings: () => Buffer;
  #words: Uint32Array | undefined;
  #strings: Buffer | undefined;

  constructor(readSymbols: () => Buffer, readStrings: () => Buffer) {
    this.#readSymbols = readSymbols;
    this.#readStrings = readStrings;
  }

  get count(): number {
    return Math.floor(this.#symbols().length / SYMBOL_WORDS);
  }

  /** Reads all of the table now, so that the file can be closed. */
  load(): void {
    this.#symbols();
    this.#text();
  }

  symbol(index: number): ElfSymbol {
    const words = this.#symbols();
    const at = index * SYMBOL_WORDS;
    const info = words[at + 1]! & 0xff;
    return {
      name: this.nameOf(index),
      address: this.addressOf(index),
      size: this.sizeOf(index),
      type: (info & 0xf) === IFUNC ? 'ifunc' : (TYPES[info & 0xf] ?? 'other'),
      binding: BINDINGS[info >>> 4] ?? 'other',
      section: words[at + 1]! >>> 16,
      hidden: ((words[at + 1]! >>> 8) & 3) === 1 || ((words[at + 1]! >>> 8) & 3) === 2,
    };
  }

  nameOf(index: number): string {
    const offset = this.#symbols()[index * SYMBOL_WORDS]!;
    const strings = this.#text();
    return offset < strings.length ? textAt(strings, offset).replace(VERSION, '') : '';
  }

  addressOf(index: number): number {
    return this.#wide(index * SYMBOL_WORDS + 2);
  }

  sizeOf(index: number): number {
    return this.#wide(index * SYMBOL_WORDS + 4);
  }

  /** Index of the section that defines the symbol; 0 when another file does. */
  sectionOf(index: number): number {
    return this.#symbols()[index * SYMBOL_WORDS + 1]! >>> 16;
  }

  /** A function that this file defines. */
  isFunction(index: number): boolean {
    const info = this.#symbols()[index * SYMBOL_WORDS + 1]!;
    const type = info & 0xf;
    return info >>> 16 !== 0 && (type === FUNC || type === IFUNC);
  }

  /** A name without a type: in code, a label of assembler source. */
  isLabel(index: number): boolean {
    return (this.#symbols()[index * SYMBOL_WORDS + 1]! & 0xf) === NOTYPE;
  }

  /** Among symbols at one address: those with a size first, then global before weak before local. */
  rank(index: number): number {
    const binding = (this.#symbols()[index * SYMBOL_WORDS + 1]! >>> 4) & 0xf;
    return (this.sizeOf(index) > 0 ? 4 : 0) + (binding === 1 ? 2 : binding === 2 ? 1 : 0);
  }

  /** Symbols of this name that the file defines; the global one first. */
  findAll(name: string): ElfSymbol[] {
    const offsets = this.#nameOffsets(name);
    if (offsets.size === 0) return [];
    const words = this.#symbols();
    const found: ElfSymbol[] = [];
    for (let at = 0, index = 0; at + SYMBOL_WORDS <= words.length; at += SYMBOL_WORDS, index++) {
      if (offsets.has(words[at]!) && this.sectionOf(index) !== 0) found.push(this.symbol(index));
    }
    return found.sort((a, b) => Number(b.binding === 'global') - Number(a.binding === 'global'));
  }

  find(name: string): ElfSymbol | undefined {
    return this.findAll(name)[0];
  }

  /** Names of the functions defined here, with their index; a name may come more than once. */
  *functions(): Generator<{ readonly index: number; readonly name: string }> {
    for (let index = 0; index < this.count; index++) {
      if (this.isFunction(index)) yield { index, name: this.nameOf(index) };
    }
  }

  /** Linkers let names share their tails ("write" inside of "fwrite"): every place where the text ends right. */
  #nameOffsets(name: string): Set<number> {
    const offsets = new Set<number>();
    if (name === '') return offsets;
    const strings = this.#text();
    for (const end of ['\0', '@']) {
      const wanted = Buffer.from(name + end);
      for (let at = strings.indexOf(wanted); at >= 0; at = strings.indexOf(wanted, at + 1)) offsets.add(at);
    }
    return offsets;
  }

  #wide(at: number): number {
    const words = this.#symbols();
    return words[at]! + words[at + 1]! * 2 ** 32;
  }

  #symbols(): Uint32Array {
    this.#words ??= wordsOf(this.#readSymbols());
    return this.#words;
  }

  #text(): Buffer {
    this.#strings ??= this.#readStrings();
    return this.#strings;
  }
}

function wordsOf(bytes: Buffer): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / 4));
}
