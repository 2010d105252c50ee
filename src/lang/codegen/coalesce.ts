/** Copy-related virtual registers that do not live at the same time become one, so that the copy goes away. */
import type { Intervals } from './intervals.ts';
import { FIRST_VIRTUAL, isCall, isCopy, type MachineFunction } from './machine.ts';
import { intersect, type Ranges, union } from './ranges.ts';

export interface Groups {
  /** The register that stands for each register's group. */
  readonly leader: Int32Array;
  readonly members: (leader: number) => readonly number[];
  /** By leader. */
  readonly ranges: readonly Ranges[];
  readonly weight: Float64Array;
}

export function coalesce(fn: MachineFunction, intervals: Intervals, apart: (reg: number) => boolean): Groups {
  const leader = Int32Array.from({ length: fn.registers }, (_, reg) => reg);
  const members = new Map<number, number[]>();
  const ranges: Ranges[] = [...intervals.ranges];
  const weight = Float64Array.from(intervals.weight);
  const crossesCall = callFinder(fn, intervals.positions);
  for (const { dst, src } of copiesByWeight(fn)) {
    const [a, b] = [leader[dst]!, leader[src]!];
    if (a === b || apart(dst) || apart(src) || intersect(ranges[a]!, ranges[b]!)) continue;
    // A short copy of a value that lives across calls is better off with a register of its own choice.
    if (crossesCall(ranges[a]!) !== crossesCall(ranges[b]!)) continue;
    ranges[a] = union(ranges[a]!, ranges[b]!);
    ranges[b] = [];
    weight[a]! += weight[b]!;
    const joined = [...(members.get(a) ?? [a]), ...(members.get(b) ?? [b])];
    for (const reg of joined) leader[reg] = a;
    members.set(a, joined);
  }
  return { leader, ranges, weight, members: (reg) => members.get(reg) ?? [reg] };
}

function copiesByWeight(fn: MachineFunction): { dst: number; src: number }[] {
  const copies: { dst: number; src: number; depth: number }[] = [];
  for (const { insns, depth } of fn.blocks) {
    for (const insn of insns) {
      if (isCopy(insn) && insn.dst >= FIRST_VIRTUAL && insn.src >= FIRST_VIRTUAL)
        copies.push({ dst: insn.dst, src: insn.src, depth });
    }
  }
  return copies.sort((a, b) => b.depth - a.depth);
}

/** Calls before each position, so that a range's calls are a difference. */
function callFinder(fn: MachineFunction, positions: number): (ranges: Ranges) => boolean {
  const before = new Int32Array(positions + 1);
  let index = 0;
  let calls = 0;
  for (const { insns } of fn.blocks) {
    for (const insn of insns) {
      before[2 * index + 1] = calls;
      if (isCall(insn)) calls++;
      before[2 * index + 2] = calls;
      index++;
    }
  }
  before.fill(calls, 2 * index + 1);
  return (ranges) => {
    // A call destroys registers at its odd position: a range holds it if it begins before and ends behind.
    for (let i = 0; i < ranges.length; i += 2) if (before[ranges[i]!]! > before[ranges[i + 1]!]!) return true;
    return false;
  };
}
