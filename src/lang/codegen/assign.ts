/** Gives machine registers to live ranges in the order of their weight. */
import { coalesce, type Groups } from './coalesce.ts';
import type { Intervals } from './intervals.ts';
import { FIRST_VIRTUAL, FRAME, isCopy, type MachineFunction } from './machine.ts';
import { intersect, lengthOf, Occupancy } from './ranges.ts';

/** Those that calls clobber come first: values that live across a call need the others. */
const PREFERENCE = [5, 4, 3, 2, 1, 0, 6, 7, 8, 9] as const;

export interface Assignment {
  /** Machine register by register number, −1 where none. */
  readonly assigned: Int8Array;
  /** Groups of coalesced registers that found none. */
  readonly failed: readonly (readonly number[])[];
}

export interface Wishes {
  /** Registers that live for one instruction only and come first. */
  readonly pinned: ReadonlySet<number>;
  /** Registers that must not be coalesced. */
  readonly apart: (reg: number) => boolean;
}

export function assignRegisters(fn: MachineFunction, intervals: Intervals, wishes: Wishes): Assignment {
  return new Assigner(fn, intervals, wishes).run();
}

class Assigner {
  readonly #groups: Groups;
  readonly #hints: Hints;
  readonly #order: readonly number[];
  readonly #assigned: Int8Array;
  /** What is taken of each machine register. */
  readonly #taken: readonly Occupancy[];
  /** Where somebody without a register yet would save a copy by getting this one. */
  readonly #wanted: readonly Occupancy[];

  constructor(fn: MachineFunction, intervals: Intervals, { pinned, apart }: Wishes) {
    this.#groups = coalesce(fn, intervals, (reg) => pinned.has(reg) || apart(reg));
    this.#hints = copyHints(fn, this.#groups);
    this.#order = byWeight(fn, this.#groups, pinned);
    this.#assigned = new Int8Array(fn.registers).fill(-1);
    this.#taken = Array.from({ length: FRAME }, () => new Occupancy(intervals.positions));
    this.#wanted = Array.from({ length: FRAME }, () => new Occupancy(intervals.positions));
    this.#assigned[FRAME] = FRAME;
    for (let machine = 0; machine < FRAME; machine++) {
      this.#assigned[machine] = machine;
      this.#taken[machine]!.take(intervals.ranges[machine]!);
    }
    for (const reg of this.#order) this.#want(reg);
  }

  run(): Assignment {
    const failed: (readonly number[])[] = [];
    for (const reg of this.#order) {
      const machine = this.#choose(reg);
      if (machine === undefined) {
        failed.push(this.#groups.members(reg));
        continue;
      }
      for (const member of this.#groups.members(reg)) this.#assigned[member] = machine;
      this.#taken[machine]!.take(this.#groups.ranges[reg]!);
    }
    return { assigned: this.#assigned, failed };
  }

  #want(reg: number): void {
    const ranges = this.#groups.ranges[reg]!;
    for (const partner of this.#hints[reg]?.keys() ?? [])
      if (partner < FRAME && this.#taken[partner]!.isFree(ranges)) this.#wanted[partner]!.take(ranges);
  }

  /** One that saves a copy, else one that nobody else wants, else any. */
  #choose(reg: number): number | undefined {
    const ranges = this.#groups.ranges[reg]!;
    const isFree = (machine: number): boolean => this.#taken[machine]!.isFree(ranges);
    return (
      this.#hinted(reg).find(isFree) ??
      PREFERENCE.find((machine) => isFree(machine) && this.#wanted[machine]!.isFree(ranges)) ??
      PREFERENCE.find(isFree)
    );
  }

  /** Machine registers of copy partners, and of theirs, best first. */
  #hinted(reg: number): readonly number[] {
    const own = this.#hints[reg];
    if (!own) return [];
    const score = new Float64Array(FRAME);
    for (const [partner, weight] of own) {
      const machine = this.#assigned[partner]!;
      if (machine >= 0) {
        score[machine]! += weight;
        continue;
      }
      // Both at once cannot have what the partner would like.
      if (intersect(this.#groups.ranges[reg]!, this.#groups.ranges[partner]!)) continue;
      for (const [second, w] of this.#hints[partner] ?? [])
        if (this.#assigned[second]! >= 0) score[this.#assigned[second]!]! += w / 8;
    }
    return PREFERENCE.filter((machine) => score[machine]! > 0).sort((a, b) => score[b]! - score[a]!);
  }
}

/** Leaders, the densest first: reads and writes, weighted by loop depth, per position. */
function byWeight(fn: MachineFunction, { ranges, weight }: Groups, pinned: ReadonlySet<number>): number[] {
  const density = new Float64Array(fn.registers);
  const order: number[] = [];
  for (let reg = FIRST_VIRTUAL; reg < fn.registers; reg++) {
    if (ranges[reg]!.length === 0) continue;
    density[reg] = pinned.has(reg) ? Number.POSITIVE_INFINITY : weight[reg]! / lengthOf(ranges[reg]!);
    order.push(reg);
  }
  return order.sort((a, b) => (density[a] === density[b] ? a - b : density[b]! - density[a]!));
}

/** Per leader: the leaders and machine registers it is copied from or to, each with the weight of the copies. */
type Hints = readonly (Map<number, number> | undefined)[];

function copyHints(fn: MachineFunction, { leader }: Groups): Hints {
  const hints: (Map<number, number> | undefined)[] = new Array(fn.registers).fill(undefined);
  const add = (reg: number, partner: number, weight: number) => {
    if (reg < FIRST_VIRTUAL || partner === FRAME || partner === reg) return;
    hints[reg] ??= new Map();
    hints[reg].set(partner, (hints[reg].get(partner) ?? 0) + weight);
  };
  for (const { insns, depth } of fn.blocks) {
    const weight = 8 ** Math.min(depth, 6);
    for (const insn of insns) {
      if (!isCopy(insn)) continue;
      add(leader[insn.dst]!, leader[insn.src]!, weight);
      add(leader[insn.src]!, leader[insn.dst]!, weight);
    }
  }
  return hints;
}
