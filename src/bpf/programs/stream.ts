/** Functions of a program one after the other, as the kernel takes them. */
import { PebbleError } from '../../base/errors.ts';
import { countSlots, type Instruction, type SourceLine, slotsOf } from '../asm/index.ts';
import type { FunctionSpec, ProgramSpec } from '../spec/index.ts';

export interface Stream {
  readonly insns: readonly Instruction[];
  readonly slots: number;
  /** Slot of each function's first instruction, in the order of the spec. */
  readonly starts: ReadonlyMap<string, number>;
}

export function streamOf(program: ProgramSpec): Stream {
  const starts = new Map<string, number>();
  let slots = 0;
  for (const { name, insns } of program.functions) {
    if (starts.has(name)) fail(program, `it has two functions "${name}"`);
    starts.set(name, slots);
    slots += countSlots(insns);
  }
  if (slots === 0) fail(program, 'it has no instructions');
  return { insns: program.functions.flatMap((fn) => fn.insns), slots, starts };
}

/** A source line and the slot from which on it counts. */
export interface PlacedLine {
  readonly slot: number;
  readonly source: SourceLine;
}

/** Where source lines begin. The kernel wants one at the start of each function. */
export function linesOf(program: ProgramSpec): PlacedLine[] {
  const lines: PlacedLine[] = [];
  let start = 0;
  for (const fn of program.functions) {
    let slot = start;
    let last: SourceLine | undefined;
    for (const insn of fn.insns) {
      const source = insn.source ?? (slot === start ? startLine(fn) : undefined);
      if (source && !sameLine(source, last)) lines.push({ slot, source });
      last = source ?? last;
      slot += slotsOf(insn);
    }
    start = slot;
  }
  return lines;
}

function startLine(fn: FunctionSpec): SourceLine {
  return fn.insns.find((insn) => insn.source)?.source ?? { file: '', line: 0, column: 0, text: `${fn.name}()` };
}

function sameLine(a: SourceLine, b: SourceLine | undefined): boolean {
  return a === b || (a.file === b?.file && a.line === b.line && a.column === b.column);
}

function fail(program: ProgramSpec, what: string): never {
  throw new PebbleError('internal', { doing: `loading program "${program.name}"`, what });
}
