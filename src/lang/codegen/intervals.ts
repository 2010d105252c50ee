/** Live ranges of machine and virtual registers, by position: instruction i reads at 2i and writes at 2i + 1. */
import { BitRows, solve } from '../ir/dataflow.ts';
import {
  FIRST_VIRTUAL,
  FRAME,
  isCall,
  isCompareExchange,
  isExit,
  type MachineFunction,
  type MachineInsn,
  readsDst,
  readsSrc,
  writesDst,
  writesSrc,
} from './machine.ts';

export interface Intervals {
  /** Per register: end, start, end, start … from the last range to the first (half open, disjoint). */
  readonly ranges: readonly (readonly number[])[];
  /** Reads and writes, each weighted by loop depth. */
  readonly weight: Float64Array;
  /** One past the last position. */
  readonly positions: number;
}

export function computeIntervals(fn: MachineFunction): Intervals {
  const exit = liveOut(fn);
  const ranges: number[][] = Array.from({ length: fn.registers }, () => []);
  const weight = new Float64Array(fn.registers);
  const open = new Int32Array(fn.registers).fill(-1);
  const total = fn.blocks.reduce((sum, block) => sum + block.insns.length, 0);

  const close = (reg: number, start: number) => {
    const list = ranges[reg]!;
    // Ranges come from the back: one that ends where the last one starts continues it.
    if (list.length > 0 && list[list.length - 1] === open[reg]) list[list.length - 1] = start;
    else list.push(open[reg]!, start);
    open[reg] = -1;
  };

  let first = total;
  for (let b = fn.blocks.length - 1; b >= 0; b--) {
    const { insns, depth } = fn.blocks[b]!;
    const scale = 8 ** Math.min(depth, 6);
    const blockEnd = 2 * first;
    first -= insns.length;
    const touched: number[] = [];
    const start = (reg: number, end: number) => {
      if (open[reg] !== -1) return;
      open[reg] = end;
      touched.push(reg);
    };
    exit(b, (reg) => start(reg, blockEnd));
    for (let i = insns.length - 1; i >= 0; i--) {
      const insn = insns[i]!;
      const at = 2 * (first + i);
      forEachWrite(insn, (reg) => {
        weight[reg]! += scale;
        start(reg, at + 2);
        close(reg, at + 1);
      });
      forEachRead(insn, (reg) => {
        weight[reg]! += scale;
        start(reg, at + 1);
      });
    }
    for (const reg of touched) if (open[reg] !== -1) close(reg, 2 * first);
  }
  return { ranges, weight, positions: 2 * total + 2 };
}

export function forEachRead(insn: MachineInsn, visit: (reg: number) => void): void {
  if (isCall(insn)) {
    for (let i = 1; i <= insn.args; i++) visit(i);
    return;
  }
  if (isExit(insn)) return visit(0);
  if (readsDst(insn) && insn.dst !== FRAME) visit(insn.dst);
  if (readsSrc(insn) && insn.src !== FRAME) visit(insn.src);
  if (isCompareExchange(insn)) visit(0);
}

export function forEachWrite(insn: MachineInsn, visit: (reg: number) => void): void {
  if (isCall(insn)) {
    for (let i = 0; i <= 5; i++) visit(i);
    return;
  }
  if (writesDst(insn)) visit(insn.dst);
  if (writesSrc(insn)) visit(insn.src);
  if (isCompareExchange(insn)) visit(0);
}

/** Registers live at the end of each block; only those that some block reads before it writes get a bit. */
function liveOut(fn: MachineFunction): (block: number, visit: (reg: number) => void) => void {
  const column = new Int32Array(fn.registers).fill(-1);
  const names: number[] = [];
  const writtenIn = new Int32Array(fn.registers).fill(-1);
  fn.blocks.forEach((block, b) => {
    for (const insn of block.insns) {
      forEachRead(insn, (reg) => {
        if (writtenIn[reg] !== b && column[reg] === -1 && reg >= FIRST_VIRTUAL) column[reg] = names.push(reg) - 1;
      });
      forEachWrite(insn, (reg) => {
        writtenIn[reg] = b;
      });
    }
  });
  const use = new BitRows(fn.blocks.length, names.length);
  const def = new BitRows(fn.blocks.length, names.length);
  fn.blocks.forEach((block, b) => {
    for (const insn of block.insns) {
      forEachRead(insn, (reg) => {
        if (column[reg] !== -1 && !def.has(b, column[reg]!)) use.add(b, column[reg]!);
      });
      forEachWrite(insn, (reg) => {
        if (column[reg] !== -1) def.add(b, column[reg]!);
      });
    }
  });
  const next = fn.blocks.map((block) => block.successors);
  const { far } = solve({ next, direction: 'backward' }, names.length, use, def);
  return (block, visit) => far.forEach(block, (c) => visit(names[c]!));
}
