/** Register allocation: live ranges get r0–r9 in the order of their weight; what finds none is spilled, and again. */
import { PebbleError } from '../../base/errors.ts';
import { computeIntervals, type Intervals } from './intervals.ts';
import { FIRST_VIRTUAL, FRAME, isCopy, type MachineFunction, readsDst, readsSrc, writesDst } from './machine.ts';
import { rewriteSpills, type SpillMode, type Spills } from './spill.ts';

/** Those that calls clobber come first: values that live across a call need the others. */
const PREFERENCE = [5, 4, 3, 2, 1, 0, 6, 7, 8, 9] as const;
const MAX_ROUNDS = 50;

/** The same function over machine registers, with spill slots in its frame. */
export function allocateRegisters(original: MachineFunction): MachineFunction {
  const spills: Spills = new Map();
  const { ranges } = computeIntervals(original);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { fn, origin, pinned } = rewriteSpills(original, spills, ranges);
    const { assigned, failed } = assign(fn, pinned);
    if (failed.length === 0) return apply(fn, assigned);
    for (const reg of failed) spills.set(origin(reg), next(spills.get(origin(reg))));
  }
  throw new PebbleError('internal', {
    doing: `allocating registers of ${original.name}`,
    what: `no solution after ${MAX_ROUNDS} rounds`,
  });
}

/** First a temporary per stretch without calls, then one per instruction. */
const next = (mode: SpillMode | undefined): SpillMode => (mode === undefined ? 'stretch' : 'instruction');

interface Assignment {
  /** Machine register by register number, −1 where none. */
  readonly assigned: Int8Array;
  readonly failed: readonly number[];
}

function assign(fn: MachineFunction, pinned: ReadonlySet<number>): Assignment {
  const intervals = computeIntervals(fn);
  const { ranges, weight, positions } = intervals;
  const taken = Array.from({ length: FRAME }, () => new Uint8Array(positions));
  const assigned = new Int8Array(fn.registers).fill(-1);
  for (let reg = 0; reg < FRAME; reg++) {
    assigned[reg] = reg;
    occupy(taken[reg]!, ranges[reg]!);
  }
  assigned[FRAME] = FRAME;
  const hints = copyHints(fn);
  const failed: number[] = [];
  for (const reg of byWeight(fn, intervals, weight, pinned)) {
    const choice = preferred(reg, hints, assigned).find((machine) => free(taken[machine]!, ranges[reg]!));
    if (choice === undefined) {
      failed.push(reg);
      continue;
    }
    assigned[reg] = choice;
    occupy(taken[choice]!, ranges[reg]!);
  }
  return { assigned, failed };
}

function byWeight(
  fn: MachineFunction,
  { ranges }: Intervals,
  weight: Float64Array,
  pinned: ReadonlySet<number>,
): number[] {
  const density = new Float64Array(fn.registers);
  const order: number[] = [];
  for (let reg = FIRST_VIRTUAL; reg < fn.registers; reg++) {
    const list = ranges[reg]!;
    if (list.length === 0) continue;
    let length = 0;
    for (let i = 0; i < list.length; i += 2) length += list[i]! - list[i + 1]!;
    density[reg] = pinned.has(reg) ? Number.POSITIVE_INFINITY : weight[reg]! / length;
    order.push(reg);
  }
  return order.sort((a, b) => (density[a] === density[b] ? a - b : density[b]! - density[a]!));
}

function free(taken: Uint8Array, ranges: readonly number[]): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    for (let at = ranges[i + 1]!; at < ranges[i]!; at++) if (taken[at] !== 0) return false;
  }
  return true;
}

function occupy(taken: Uint8Array, ranges: readonly number[]): void {
  for (let i = 0; i < ranges.length; i += 2) taken.fill(1, ranges[i + 1]!, ranges[i]!);
}

/** Per register: the registers it is copied from or to, each with the weight of the copy. */
type Hints = (Map<number, number> | undefined)[];

function copyHints(fn: MachineFunction): Hints {
  const hints: Hints = new Array(fn.registers).fill(undefined);
  const add = (reg: number, partner: number, weight: number) => {
    if (reg < FIRST_VIRTUAL || partner === FRAME) return;
    hints[reg] ??= new Map();
    hints[reg].set(partner, (hints[reg].get(partner) ?? 0) + weight);
  };
  for (const block of fn.blocks) {
    const weight = 8 ** Math.min(block.depth, 6);
    for (const insn of block.insns) {
      if (!isCopy(insn)) continue;
      add(insn.dst, insn.src, weight);
      add(insn.src, insn.dst, weight);
    }
  }
  return hints;
}

/** Machine registers, best first: those of copy partners save the copy. */
function preferred(reg: number, hints: Hints, assigned: Int8Array): readonly number[] {
  const own = hints[reg];
  if (!own) return PREFERENCE;
  const score = new Float64Array(FRAME);
  for (const [partner, weight] of own) {
    const machine = assigned[partner]!;
    if (machine >= 0) score[machine]! += weight;
    else for (const [second, w] of hints[partner] ?? []) if (assigned[second]! >= 0) score[assigned[second]!]! += w / 8;
  }
  return [...PREFERENCE].sort((a, b) => score[b]! - score[a]!);
}

function apply(fn: MachineFunction, assigned: Int8Array): MachineFunction {
  for (const block of fn.blocks) {
    for (const insn of block.insns) {
      if (readsDst(insn) || writesDst(insn)) insn.dst = assigned[insn.dst]!;
      if (readsSrc(insn)) insn.src = assigned[insn.src]!;
    }
    block.insns = block.insns.filter((insn) => !(isCopy(insn) && insn.dst === insn.src));
  }
  return fn;
}
