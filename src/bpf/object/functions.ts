/** The functions of an object: their instructions as compiled, where they stand, what the compiler says about them. */
import type { SourceLine } from '../asm/index.ts';
import { decode, INSN_SIZE, type Instruction, slotsOf } from '../asm/index.ts';
import type { BtfExt, CoreRelocation } from '../btf/ext.ts';
import type { Btf, TypeId } from '../btf/index.ts';
import type { ElfSymbol, Relocation, Section } from '../elf/index.ts';
import { isCode, type ObjectElf } from './elf.ts';

export interface ObjectFunction {
  /** Unique in the object: static functions of one name get a number. */
  readonly name: string;
  readonly section: Section;
  /** First slot, counted in the section. */
  readonly start: number;
  readonly slots: number;
  readonly global: boolean;
  /** Its `func`, where the compiler left types. */
  readonly type: TypeId | undefined;
  readonly insns: readonly Instruction[];
  /** By slot in the section. */
  readonly relocations: ReadonlyMap<number, Relocation>;
  readonly coreRelocations: ReadonlyMap<number, CoreRelocation>;
}

export class Functions {
  readonly all: readonly ObjectFunction[];
  readonly #byPlace = new Map<string, ObjectFunction>();

  constructor(object: ObjectElf, btf: Btf | undefined, ext: BtfExt | undefined) {
    const names = new Set<string>();
    this.all = object.elf.sections.filter(isCode).flatMap((section) => {
      const reader = new SectionReader(object, section, btf, ext);
      return functionSymbols(object, section).map((symbol) => reader.read(symbol, names));
    });
    for (const fn of this.all) this.#byPlace.set(placeOf(fn.section.index, fn.start), fn);
  }

  /** The function that starts there. */
  at(section: number, slot: number): ObjectFunction | undefined {
    return this.#byPlace.get(placeOf(section, slot));
  }
}

function placeOf(section: number, slot: number): string {
  return `${section}:${slot}`;
}

function functionSymbols({ symbols }: ObjectElf, section: Section): ElfSymbol[] {
  return symbols
    .filter((symbol) => symbol.type === 'func' && symbol.section === section.index && symbol.size > 0)
    .sort((a, b) => a.address - b.address);
}

/** Reads one section's functions; its tables are put in order once. */
class SectionReader {
  readonly #object: ObjectElf;
  readonly #section: Section;
  readonly #bytes: Buffer;
  readonly #relocations: ReadonlyMap<number, Relocation>;
  readonly #core: ReadonlyMap<number, CoreRelocation>;
  readonly #types: ReadonlyMap<number, TypeId>;
  readonly #lines: ReadonlyMap<number, SourceLine>;

  constructor(object: ObjectElf, section: Section, btf: Btf | undefined, ext: BtfExt | undefined) {
    this.#object = object;
    this.#section = section;
    this.#bytes = object.elf.read(section);
    this.#relocations = new Map(
      (object.relocations.get(section.index) ?? []).map((each) => [each.offset / INSN_SIZE, each]),
    );
    this.#core = new Map((ext?.relocations.get(section.name) ?? []).map((each) => [each.slot, each]));
    this.#types = new Map((ext?.functions.get(section.name) ?? []).map(({ slot, type }) => [slot, type]));
    this.#lines = new Map(
      (ext?.lines.get(section.name) ?? []).map(({ slot, file, text, line, column }) => [
        slot,
        { file: btf!.text(file), text: btf!.text(text), line, column, strings: { file, text } },
      ]),
    );
  }

  read(symbol: ElfSymbol, names: Set<string>): ObjectFunction {
    const { elf } = this.#object;
    const start = symbol.address / INSN_SIZE;
    const slots = symbol.size / INSN_SIZE;
    const end = symbol.address + symbol.size;
    if (!Number.isInteger(start) || !Number.isInteger(slots) || end > this.#bytes.length) {
      elf.fail(`function ${symbol.name} does not consist of whole instructions of ${this.#section.name}`);
    }
    const relocations = new Map<number, Relocation>();
    const coreRelocations = new Map<number, CoreRelocation>();
    let slot = start;
    const insns = decode(this.#bytes.subarray(symbol.address, end)).map((insn) => {
      const relocation = this.#relocations.get(slot);
      const core = this.#core.get(slot);
      const source = this.#lines.get(slot);
      if (relocation) relocations.set(slot, relocation);
      if (core) coreRelocations.set(slot, core);
      slot += slotsOf(insn);
      return source ? { ...insn, source } : insn;
    });
    return {
      name: uniqueName(symbol.name, names),
      section: this.#section,
      start,
      slots,
      global: symbol.binding !== 'local',
      type: this.#types.get(start),
      insns,
      relocations,
      coreRelocations,
    };
  }
}

function uniqueName(name: string, names: Set<string>): string {
  let unique = name;
  for (let i = 2; names.has(unique); i++) unique = `${name}.${i}`;
  names.add(unique);
  return unique;
}
