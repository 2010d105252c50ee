/** Relocation sections: where a compiled object wants addresses filled in. */
import { ByteCursor } from '../../base/bytes.ts';
import type { Elf } from './elf.ts';
import { SECTION_TYPE, type Section } from './header.ts';

export interface Relocation {
  /** Byte in the section that is relocated. */
  readonly offset: number;
  /** Index in the symbol table. */
  readonly symbol: number;
  readonly type: number;
  /** 0 in REL sections, whose addend is in the place itself. */
  readonly addend: bigint;
}

export interface RelocationSection {
  /** The section to change. */
  readonly target: Section;
  readonly relocations: readonly Relocation[];
}

/** Elf64_Rel: offset:8 · info:8 (symbol:32, type:32); Elf64_Rela has addend:8 after it. */
export function readRelocations(elf: Elf): RelocationSection[] {
  const kinds: number[] = [SECTION_TYPE.rel, SECTION_TYPE.rela];
  return elf.sections
    .filter((section) => kinds.includes(section.type))
    .map((section) => ({
      target:
        elf.sections[section.info] ?? elf.fail(`${section.name} relocates section ${section.info}, which is missing`),
      relocations: parseRelocations(
        elf.read(section),
        section.type === SECTION_TYPE.rela,
        `${elf.name} ${section.name}`,
      ),
    }));
}

function parseRelocations(bytes: Buffer, withAddend: boolean, name: string): Relocation[] {
  const cursor = new ByteCursor(bytes, name);
  const relocations: Relocation[] = [];
  while (cursor.remaining > 0) {
    const offset = cursor.size64();
    const type = cursor.u32();
    const symbol = cursor.u32();
    relocations.push({ offset, symbol, type, addend: withAddend ? BigInt.asIntN(64, cursor.u64()) : 0n });
  }
  return relocations;
}
