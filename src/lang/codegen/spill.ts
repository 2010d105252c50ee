/** Rewrites a function so that spilled virtual registers live in the frame, or are computed again where needed. */
import { ALU, CLASS, MODE, OPCODE_LD_IMM64 } from '../../bpf/asm/opcodes.ts';
import {
  FIRST_VIRTUAL,
  FRAME,
  isCall,
  LEA,
  type MachineFunction,
  type MachineInsn,
  OPCODE_CONSTANT,
  readsDst,
  readsSrc,
  SIZE_BITS,
  writesDst,
  writesSrc,
} from './machine.ts';
import { intersect, type Ranges } from './ranges.ts';

/** How long a reloaded value is kept in a register: to the next call, or for one instruction. */
export type SpillMode = 'stretch' | 'instruction';
export type Spills = Map<number, SpillMode>;

export interface Rewritten {
  /** A copy, or the original where nothing is spilled. */
  readonly fn: MachineFunction;
  /** The register of the original that a register stands for. */
  readonly origin: (reg: number) => number;
  /** Registers that live for one instruction only and must get a machine register. */
  readonly pinned: ReadonlySet<number>;
}

/** Where a spilled value is found again. */
type Home = { readonly slot: number } | { readonly recompute: MachineInsn };

/** `ranges` are the live ranges in the original: values that do not live at the same time share a slot. */
export function rewriteSpills(original: MachineFunction, spills: Spills, ranges: readonly Ranges[]): Rewritten {
  if (spills.size === 0) return { fn: original, origin: (reg) => reg, pinned: new Set() };
  const fn: MachineFunction = {
    ...original,
    frame: [...original.frame],
    blocks: original.blocks.map((block) => ({ ...block, insns: block.insns.map((insn) => ({ ...insn })) })),
  };
  const rewriter = new Rewriter(fn, spills, homes(fn, spills, ranges));
  rewriter.run();
  return { fn, origin: (reg) => rewriter.origin.get(reg) ?? reg, pinned: rewriter.pinned };
}

function homes(fn: MachineFunction, spills: Spills, ranges: readonly Ranges[]): Map<number, Home> {
  const definitions = new Map<number, MachineInsn[]>();
  for (const block of fn.blocks) {
    for (const insn of block.insns) {
      const reg = writesDst(insn) ? insn.dst : writesSrc(insn) ? insn.src : -1;
      if (!spills.has(reg)) continue;
      const list = definitions.get(reg);
      if (list) list.push(insn);
      else definitions.set(reg, [insn]);
    }
  }
  const result = new Map<number, Home>();
  const shared: { slot: number; held: number[] }[] = [];
  for (const reg of spills.keys()) {
    const [only, second] = definitions.get(reg) ?? [];
    if (only && !second && isConstant(only)) {
      result.set(reg, { recompute: only });
      continue;
    }
    let home = shared.find(({ held }) => held.every((other) => !intersect(ranges[reg]!, ranges[other]!)));
    if (!home) {
      home = { slot: fn.frame.push({ size: 8, align: 8 }) - 1, held: [] };
      shared.push(home);
    }
    home.held.push(reg);
    result.set(reg, home);
  }
  return result;
}

/** Its value depends on nothing, so that computing it again is as good as loading it. */
function isConstant({ opcode }: MachineInsn): boolean {
  return (
    opcode === LEA || opcode === OPCODE_LD_IMM64 || opcode === OPCODE_CONSTANT || opcode === (CLASS.alu32 | ALU.mov)
  );
}

class Rewriter {
  readonly origin = new Map<number, number>();
  readonly pinned = new Set<number>();
  readonly #fn: MachineFunction;
  readonly #spills: Spills;
  readonly #homes: Map<number, Home>;
  #out: MachineInsn[] = [];
  /** Temporary that holds a spilled register at this point, in stretch mode. */
  #held = new Map<number, number>();

  constructor(fn: MachineFunction, spills: Spills, homesOf: Map<number, Home>) {
    this.#fn = fn;
    this.#spills = spills;
    this.#homes = homesOf;
  }

  run(): void {
    const inherited = this.#fallThroughs();
    for (const [b, block] of this.#fn.blocks.entries()) {
      this.#out = [];
      if (!inherited[b]) this.#held = new Map();
      for (const insn of block.insns) this.#insn(insn);
      block.insns = this.#out;
    }
  }

  /** Blocks that only the block just before them leads to: what it holds in registers they hold too. */
  #fallThroughs(): boolean[] {
    const predecessors = new Int32Array(this.#fn.blocks.length);
    const fromPrevious = new Array<boolean>(this.#fn.blocks.length).fill(false);
    this.#fn.blocks.forEach((block, b) => {
      for (const to of block.successors) {
        predecessors[to]!++;
        if (to === b + 1) fromPrevious[to] = true;
      }
    });
    return fromPrevious.map((previous, b) => previous && predecessors[b] === 1);
  }

  #insn(insn: MachineInsn): void {
    const reads = new Set<number>();
    if (readsSrc(insn) && this.#spills.has(insn.src)) reads.add(insn.src);
    if (readsDst(insn) && this.#spills.has(insn.dst)) reads.add(insn.dst);
    const written = this.#written(insn);
    if (written >= 0 && 'recompute' in this.#homes.get(written)!) return;
    const temps = new Map<number, number>();
    for (const reg of reads) temps.set(reg, this.#reload(reg, insn));
    if (written >= 0 && !temps.has(written)) temps.set(written, this.#temp(written));
    if (readsSrc(insn)) insn.src = temps.get(insn.src) ?? insn.src;
    if (readsDst(insn) || writesDst(insn)) insn.dst = temps.get(insn.dst) ?? insn.dst;
    this.#out.push(insn);
    if (written >= 0) this.#save(written, temps.get(written)!, insn);
    if (isCall(insn)) this.#held.clear();
  }

  #written(insn: MachineInsn): number {
    const reg = writesDst(insn) ? insn.dst : writesSrc(insn) ? insn.src : -1;
    return reg >= FIRST_VIRTUAL && this.#spills.has(reg) ? reg : -1;
  }

  #temp(reg: number): number {
    const temp = this.#fn.registers++;
    this.origin.set(temp, reg);
    if (this.#spills.get(reg) === 'stretch') this.#held.set(reg, temp);
    else this.pinned.add(temp);
    return temp;
  }

  #reload(reg: number, at: MachineInsn): number {
    const held = this.#held.get(reg);
    if (held !== undefined) return held;
    const temp = this.#temp(reg);
    const home = this.#homes.get(reg)!;
    if ('recompute' in home) this.#out.push({ ...home.recompute, dst: temp, source: at.source });
    else this.#out.push(this.#memory(CLASS.ldx, temp, home.slot, at));
    return temp;
  }

  #save(reg: number, temp: number, at: MachineInsn): void {
    const home = this.#homes.get(reg)!;
    if ('slot' in home) this.#out.push(this.#memory(CLASS.stx, temp, home.slot, at));
  }

  #memory(kind: number, temp: number, slot: number, { source }: MachineInsn): MachineInsn {
    const [dst, src] = kind === CLASS.ldx ? [temp, FRAME] : [FRAME, temp];
    const opcode = kind | MODE.mem | SIZE_BITS[8];
    return { opcode, dst, src, offset: 0, imm: 0, ref: undefined, source, target: -1, slot, args: 0 };
  }
}
