/** The ELF side of an object: its sections by role, its symbols, its relocations by section. */
import { PebbleError } from '../../base/errors.ts';
import {
  type Elf,
  type ElfSymbol,
  FILE_TYPE,
  type Relocation,
  readRelocations,
  SECTION_FLAG,
  SECTION_TYPE,
  type Section,
} from '../elf/index.ts';

export interface ObjectElf {
  readonly elf: Elf;
  readonly symbols: readonly ElfSymbol[];
  /** By index of the section that they change. */
  readonly relocations: ReadonlyMap<number, readonly Relocation[]>;
}

/** Real objects have hundreds. */
const MAX_SYMBOLS = 1_000_000;

export function readObjectElf(elf: Elf): ObjectElf {
  if (elf.header.machine !== 'bpf') {
    throw new PebbleError('format', {
      doing: `reading ${elf.name}`,
      what: `it is for ${elf.header.machine}, not for BPF`,
      hint: 'compile it with clang -O2 -g -target bpf -c',
    });
  }
  if (elf.header.type !== FILE_TYPE.relocatable) elf.fail('it is not a relocatable object (clang -c makes one)');
  const table = elf.symbolTables()[0] ?? elf.fail('it has no symbols');
  if (table.count > MAX_SYMBOLS) elf.fail(`it has ${table.count} symbols`);
  const symbols = Array.from({ length: table.count }, (_, i) => table.symbol(i));
  const relocations = new Map<number, Relocation[]>();
  for (const { target, relocations: some } of readRelocations(elf)) {
    relocations.set(target.index, [...(relocations.get(target.index) ?? []), ...some]);
  }
  return { elf, symbols, relocations };
}

export function isCode(section: Section): boolean {
  return section.type === SECTION_TYPE.progbits && (section.flags & SECTION_FLAG.exec) !== 0 && section.size > 0;
}

/** What takes memory at run time without being code: global variables, if a program uses them. */
export function isData(section: Section): boolean {
  const kept = section.type === SECTION_TYPE.progbits || section.type === SECTION_TYPE.nobits;
  const special = ['license', 'version', '.maps', 'maps'].includes(section.name);
  return (
    kept &&
    !special &&
    section.size > 0 &&
    (section.flags & SECTION_FLAG.alloc) !== 0 &&
    (section.flags & SECTION_FLAG.exec) === 0
  );
}

export function symbolOf({ elf, symbols }: ObjectElf, relocation: Relocation, place: string): ElfSymbol {
  return symbols[relocation.symbol] ?? elf.fail(`a relocation in ${place} names symbol ${relocation.symbol}`);
}
