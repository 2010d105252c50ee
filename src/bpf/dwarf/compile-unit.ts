/** One compiled source file: its address ranges, lines, functions and named types, each read when first needed. */
import { AT, TAG, UNIT } from './constants.ts';
import type { Entry } from './entry.ts';
import { FunctionIndex } from './functions.ts';
import { type LineHeader, readLineHeader } from './line/header.ts';
import { LineTable } from './line/table.ts';
import { type Range, rangesOf } from './ranges.ts';
import { STRUCT_TAGS } from './types.ts';
import type { Unit } from './unit.ts';

/** Finds the other part of a unit that the compiler split: undefined where the file is missing. */
export type OpenSplit = (skeleton: Unit) => Unit | undefined;

/** What names are looked up under; C++ lets classes be called structs. */
export type TypeKey = `${'struct' | 'union' | 'enum' | 'name'} ${string}`;

export class CompileUnit {
  /** In the program: with the addresses and the lines. */
  readonly unit: Unit;
  readonly #openSplit: OpenSplit;
  #entries: Unit | undefined;
  #functions: FunctionIndex | undefined;
  #lines: LineTable | null | undefined;
  #types: ReadonlyMap<TypeKey, number> | undefined;

  constructor(unit: Unit, openSplit: OpenSplit) {
    this.unit = unit;
    this.#openSplit = openSplit;
  }

  /** Where the entries of functions and types are: another file if the compiler split the unit. */
  get entries(): Unit {
    this.#entries ??= (isSkeleton(this.unit) ? this.#openSplit(this.unit) : undefined) ?? this.unit;
    return this.#entries;
  }

  /** Of its code; none for units that only hold what others refer to. */
  ranges(): readonly Range[] {
    return rangesOf(this.unit.root);
  }

  get functions(): FunctionIndex {
    this.#functions ??= new FunctionIndex(this.entries);
    return this.#functions;
  }

  get lines(): LineTable | undefined {
    if (this.#lines === undefined) {
      const header = this.lineHeader();
      this.#lines = header ? new LineTable(header) : null;
    }
    return this.#lines ?? undefined;
  }

  /** Names the unit's source files without reading their lines. */
  lineHeader(): LineHeader | undefined {
    const { root, file, header } = this.unit;
    const offset = root.number(AT.statements);
    if (offset === undefined || offset >= file.sections.size('line')) return undefined;
    return readLineHeader(file.sections, {
      offset,
      directory: root.text(AT.directory) ?? '',
      addressSize: header.addressSize,
    });
  }

  /** Entries of the types that the unit defines, by name; the first of each name. */
  get types(): ReadonlyMap<TypeKey, number> {
    this.#types ??= namedTypes(this.entries.root);
    return this.#types;
  }

  /** Gives back what was read of entries and names while searching. */
  release(): void {
    this.#types = undefined;
    this.#entries?.release();
  }
}

export const isSkeleton = ({ header, root }: Unit): boolean =>
  header.type === UNIT.skeleton || root.has(AT.gnuSplitName);

function namedTypes(scope: Entry, found = new Map<TypeKey, number>()): Map<TypeKey, number> {
  for (const child of scope.children()) {
    const word = keyWord(child.tag);
    if (word) {
      const name = child.flag(AT.declaration) ? undefined : child.text(AT.name);
      const key: TypeKey = `${word} ${name}`;
      if (name !== undefined && !found.has(key)) found.set(key, child.offset);
    } else if (child.tag === TAG.namespace) namedTypes(child, found);
  }
  return found;
}

function keyWord(tag: number): 'struct' | 'union' | 'enum' | 'name' | undefined {
  const struct = STRUCT_TAGS[tag];
  if (struct) return struct === 'union' ? 'union' : 'struct';
  if (tag === TAG.enumeration) return 'enum';
  return tag === TAG.typedef || tag === TAG.baseType ? 'name' : undefined;
}
