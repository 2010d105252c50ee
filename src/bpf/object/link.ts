/** Turns the relocations of a function into references to maps, variables and other functions. */
import { INSN_SIZE, type Instruction, type Reference, slotsOf } from '../asm/index.ts';
import { OPCODE_CALL, OPCODE_LD_IMM64, PSEUDO_CALL } from '../asm/opcodes.ts';
import type { Relocator } from '../core/index.ts';
import type { ElfSymbol, Relocation } from '../elf/index.ts';
import { type ObjectElf, symbolOf } from './elf.ts';
import type { Functions, ObjectFunction } from './functions.ts';

/** What the rest of the object knows about symbols that are neither functions nor missing. */
export interface Symbols {
  /** A map that is defined at this byte of a section. */
  mapAt(section: number, offset: number): string | undefined;
  /** The map that a section of variables has become. */
  dataMap(section: number): string | undefined;
  /** A variable of the kernel's configuration. */
  kconfigOffset(name: string): { readonly map: string; readonly offset: number } | undefined;
  loadExtern(insn: Instruction, name: string): Instruction;
  callExtern(insn: Instruction, name: string): Instruction;
}

/** A function's instructions for the loader, and the functions that they need. */
export interface LinkedFunction {
  readonly insns: readonly Instruction[];
  readonly needs: readonly ObjectFunction[];
}

export class Linker {
  readonly #object: ObjectElf;
  readonly #functions: Functions;
  readonly #symbols: Symbols;
  readonly #relocator: () => Relocator;

  constructor(object: ObjectElf, functions: Functions, symbols: Symbols, relocator: () => Relocator) {
    this.#object = object;
    this.#functions = functions;
    this.#symbols = symbols;
    this.#relocator = relocator;
  }

  link(fn: ObjectFunction): LinkedFunction {
    const needs = new Set<ObjectFunction>();
    let slot = fn.start;
    const insns = fn.insns.flatMap((insn) => {
      const at = slot;
      slot += slotsOf(insn);
      const core = fn.coreRelocations.get(at);
      if (core) return this.#relocator().apply(core, insn);
      const relocation = fn.relocations.get(at);
      if (relocation) return [this.#relocate(fn, at, insn, relocation, needs)];
      return [isLocalCall(insn) ? this.#call(fn, fn.section.index, at + Number(insn.imm) + 1, insn, needs) : insn];
    });
    return { insns, needs: [...needs] };
  }

  #relocate(
    fn: ObjectFunction,
    slot: number,
    insn: Instruction,
    relocation: Relocation,
    needs: Set<ObjectFunction>,
  ): Instruction {
    const symbol = symbolOf(this.#object, relocation, fn.name);
    if (insn.opcode === OPCODE_CALL) {
      if (symbol.section === 0) return this.#symbols.callExtern(insn, symbol.name);
      return this.#call(fn, symbol.section, symbol.address / INSN_SIZE + Number(insn.imm) + 1, insn, needs);
    }
    if (insn.opcode === OPCODE_LD_IMM64) return this.#load(fn, symbol, insn, needs);
    return this.#fail(fn, `a relocation at slot ${slot} is for opcode 0x${insn.opcode.toString(16)}`);
  }

  #call(fn: ObjectFunction, section: number, slot: number, insn: Instruction, needs: Set<ObjectFunction>): Instruction {
    const called = this.#functions.at(section, slot);
    if (called === undefined)
      return this.#fail(fn, `it calls slot ${slot} of section ${section}, where no function starts`);
    needs.add(called);
    return { ...insn, imm: 0, ref: { kind: 'function', name: called.name } };
  }

  /** The instruction has what is to be added to the symbol's address. */
  #load(fn: ObjectFunction, symbol: ElfSymbol, insn: Instruction, needs: Set<ObjectFunction>): Instruction {
    if (symbol.section === 0) {
      const kconfig = this.#symbols.kconfigOffset(symbol.name);
      return kconfig ? refer(insn, { kind: 'mapValue', ...kconfig }) : this.#symbols.loadExtern(insn, symbol.name);
    }
    const offset = symbol.address + Number(BigInt.asIntN(32, BigInt(insn.imm)));
    const map = this.#symbols.mapAt(symbol.section, offset);
    if (map !== undefined) return refer(insn, { kind: 'map', map });
    const data = this.#symbols.dataMap(symbol.section);
    if (data !== undefined) return refer(insn, { kind: 'mapValue', map: data, offset });
    const target = this.#functions.at(symbol.section, offset / INSN_SIZE);
    if (target === undefined)
      return this.#fail(fn, `it refers to ${symbol.name || 'an unnamed place'}, which is nothing known`);
    needs.add(target);
    return refer(insn, { kind: 'functionAddress', name: target.name });
  }

  #fail(fn: ObjectFunction, what: string): never {
    return this.#object.elf.fail(`function ${fn.name}: ${what}`);
  }
}

function isLocalCall(insn: Instruction): boolean {
  return insn.opcode === OPCODE_CALL && insn.src === PSEUDO_CALL.function;
}

function refer(insn: Instruction, ref: Reference): Instruction {
  return { ...insn, src: 0, imm: 0n, ref };
}
