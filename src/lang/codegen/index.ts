/** IR to eBPF: optimisation, instruction selection, register allocation, frames. Pure. */
import { PebbleError } from '../../base/errors.ts';
import { alignUp, bytes, u32 } from '../../base/record.ts';
import type { MapSpec } from '../../bpf/spec/map.ts';
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import { type CallGraph, callGraph } from '../ir/call-graph.ts';
import { type IrFunction, type IrProgram, optimise, prepare, validateProgram } from '../ir/index.ts';
import { countGuards } from '../ir/passes/guards.ts';
import { allocateRegisters } from './allocate.ts';
import { emitFunction, layOutFrame } from './emit.ts';
import { FramePlan } from './frame.ts';
import { markLoops } from './loops.ts';
import { moveToScratch } from './scratch.ts';
import { select } from './select.ts';

export interface GenerateOptions {
  /** v4 (Linux 6.6) adds signed division, sign extension and long jumps; v3 does without. */
  readonly isa?: 'v3' | 'v4';
  /** For kernels without may_goto (before 6.9): all guarded loops of a function together stop after so many rounds. */
  readonly loopLimit?: number;
  /** False only where a test wants the IR as it is. */
  readonly optimise?: boolean;
}

export interface Generated {
  /** The entry first. */
  readonly functions: readonly FunctionSpec[];
  /** What the code needs besides the maps that the IR names. */
  readonly maps: readonly MapSpec[];
}

/** Bytes of frame that all functions of a call chain share (MAX_BPF_STACK). */
const STACK_LIMIT = 512;
/** The verifier rounds each frame up to this before it adds them. */
const FRAME_UNIT = 32;
/** The largest value of a per-CPU map. */
const SCRATCH_LIMIT = 32768;

/** What callers get for their spills at first; functions that call deeply may want to give them more. */
const SPILL_RESERVES = [64, 128, 192, 256];

export function generate(program: IrProgram, options: GenerateOptions = {}): Generated {
  validateProgram(program);
  const guarded = withGuards(program, options.loopLimit);
  const optimised = options.optimise === false ? prepare(guarded) : optimise(guarded);
  const frames = new Map(optimised.functions.map((fn) => [fn, new FramePlan(fn)]));
  let tooDeep: unknown;
  for (const reserve of SPILL_RESERVES) {
    try {
      return new ProgramGenerator(optimised, frames, options.isa ?? 'v4', reserve).run();
    } catch (error) {
      if (!(error instanceof StackTooDeep)) throw error;
      tooDeep = error;
    }
  }
  throw tooDeep;
}

function withGuards(program: IrProgram, limit: number | undefined): IrProgram {
  if (limit === undefined) return program;
  return { ...program, functions: program.functions.map((fn) => countGuards(fn, limit)) };
}

class StackTooDeep extends PebbleError {}

class ProgramGenerator {
  readonly #program: IrProgram;
  readonly #isa: 'v3' | 'v4';
  readonly #graph: CallGraph;
  readonly #scratchMap: string;
  /** Stack that a function and those that it calls need. */
  readonly #depth = new Map<IrFunction, number>();
  readonly #reserve: number;
  readonly #frames: ReadonlyMap<IrFunction, FramePlan>;
  #scratchBytes = 0;

  constructor(program: IrProgram, frames: ReadonlyMap<IrFunction, FramePlan>, isa: 'v3' | 'v4', reserve: number) {
    this.#frames = frames;
    this.#reserve = reserve;
    this.#program = program;
    this.#isa = isa;
    this.#graph = callGraph(program);
    this.#scratchMap = `${program.name}.scratch`;
  }

  run(): Generated {
    const done = new Map<IrFunction, FunctionSpec>();
    for (const fn of this.#graph.bottomUp) done.set(fn, this.#function(fn));
    const functions = this.#program.functions.flatMap((fn) => done.get(fn) ?? []);
    return { functions, maps: this.#maps() };
  }

  #function(fn: IrFunction): FunctionSpec {
    const below = Math.max(0, ...this.#graph.callees(fn).map((callee) => this.#depth.get(callee)!));
    const limit = STACK_LIMIT - below - this.#reservedAbove(fn);
    // Spill slots are known last: when they push the frame over its limit, more slots leave it.
    for (let budget = limit; ; ) {
      const placement = this.#frames.get(fn)!.place(budget, this.#scratchBytes);
      const placed = moveToScratch(fn, placement.moved, this.#scratchMap);
      const machine = allocateRegisters(markLoops(select(placed, placement.frame, this.#isa)));
      const frame = layOutFrame(machine.frame);
      if (frame.depth > limit && budget > 0) {
        budget = Math.max(0, Math.min(budget, placement.frame.bytes) - (frame.depth - limit));
        continue;
      }
      const depth = below + alignUp(Math.max(frame.depth, 1), FRAME_UNIT);
      if (depth > STACK_LIMIT) throw this.#tooDeep(fn, depth);
      this.#depth.set(fn, depth);
      this.#scratchBytes += placement.scratchBytes;
      return emitFunction(machine, frame, this.#isa);
    }
  }

  /** What the callers of this function cannot do without. */
  #reservedAbove(fn: IrFunction): number {
    const callers = this.#graph
      .callers(fn)
      .map(
        (caller) =>
          alignUp(this.#frames.get(caller)!.smallest + this.#reserve, FRAME_UNIT) + this.#reservedAbove(caller),
      );
    return Math.max(0, ...callers);
  }

  #maps(): MapSpec[] {
    if (this.#scratchBytes === 0) return [];
    if (this.#scratchBytes > SCRATCH_LIMIT) {
      throw new PebbleError('unsupported', {
        doing: `generating code for ${this.#program.name}`,
        what: `its variables need ${this.#scratchBytes} bytes, more than ${SCRATCH_LIMIT}`,
        hint: 'use shorter strings or smaller arrays',
      });
    }
    const value = bytes(this.#scratchBytes);
    return [{ name: this.#scratchMap, type: 'percpu_array', key: u32, value, maxEntries: 1 }];
  }

  #tooDeep(fn: IrFunction, depth: number): StackTooDeep {
    return new StackTooDeep('unsupported', {
      doing: `generating code for ${fn.name}`,
      what: `it and the functions that it calls need ${depth} bytes of stack, more than ${STACK_LIMIT}`,
      hint: 'pass fewer values at once, or call fewer functions from functions',
    });
  }
}
