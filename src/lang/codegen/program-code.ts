/** The code of a program: its functions share 512 bytes of stack, and one scratch value for what does not fit. */
import { PebbleError } from '../../base/errors.ts';
import { alignUp, bytes, u32 } from '../../base/record.ts';
import type { MapSpec } from '../../bpf/spec/map.ts';
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import { type CallGraph, callGraph } from '../ir/call-graph.ts';
import type { IrFunction, IrProgram } from '../ir/ir.ts';
import { SYSTEM_MAPS } from '../script.ts';
import type { FunctionCode } from './function-code.ts';
import type { Generated } from './index.ts';
import type { Scratch } from './scratch.ts';

/** Bytes of frame that all functions of a call chain share (MAX_BPF_STACK). */
const STACK_LIMIT = 512;
/** The verifier rounds each frame up to this before it adds them. */
const FRAME_UNIT = 32;
/** The largest value of a per-CPU map. */
const SCRATCH_LIMIT = 32768;
/** So many tasks of a CPU can be inside a reentrant program at once; those beyond do nothing. */
const REENTRANT_COPIES = 4;
/** Functions that may be under way at once (MAX_CALL_FRAMES). */
const MOST_CALLS = 8;
/** What callers get for their spills at first; functions that call deeply may want to give them more. */
const SPILL_RESERVES = [64, 128, 192, 256];

export function generateProgram(program: IrProgram, codeOf: (fn: IrFunction) => FunctionCode): Generated {
  const graph = callGraph(program);
  refuseDeepCalls(program, graph);
  let tooDeep: unknown;
  for (const reserve of SPILL_RESERVES) {
    try {
      return new ProgramCode(program, graph, codeOf, reserve).generate();
    } catch (error) {
      if (!(error instanceof CallsTooDeep)) throw error;
      tooDeep = error;
    }
  }
  throw tooDeep;
}

function refuseDeepCalls(program: IrProgram, graph: CallGraph): void {
  const depths = new Map<IrFunction, number>();
  for (const fn of graph.bottomUp) {
    depths.set(fn, 1 + Math.max(0, ...graph.callees(fn).map((callee) => depths.get(callee)!)));
  }
  const depth = depths.get(program.functions[0]!)!;
  if (depth <= MOST_CALLS) return;
  throw new CallsTooDeep('unsupported', {
    doing: `generating code for ${program.name}`,
    what: `its functions call each other ${depth} deep, and kernels allow ${MOST_CALLS}`,
    hint: 'call fewer functions from functions',
  });
}

/** Functions that call each other need more stack than there is, or are too many. */
export class CallsTooDeep extends PebbleError {}

class ProgramCode {
  readonly #program: IrProgram;
  readonly #graph: CallGraph;
  readonly #codeOf: (fn: IrFunction) => FunctionCode;
  readonly #reserve: number;
  readonly #scratchMap: string;
  /** Stack that a function and those that it calls need. */
  readonly #depth = new Map<IrFunction, number>();
  /** What the callers of a function cannot do without. */
  readonly #above = new Map<IrFunction, number>();
  #scratchBytes = 0;

  constructor(program: IrProgram, graph: CallGraph, codeOf: (fn: IrFunction) => FunctionCode, reserve: number) {
    this.#program = program;
    this.#graph = graph;
    this.#codeOf = codeOf;
    this.#reserve = reserve;
    this.#scratchMap = `${program.name}.${SYSTEM_MAPS.scratch}`;
  }

  generate(): Generated {
    for (const fn of this.#graph.bottomUp.toReversed()) this.#reserveAbove(fn);
    const done = new Map<IrFunction, FunctionSpec>();
    for (const fn of this.#graph.bottomUp) done.set(fn, this.#function(fn));
    const functions = this.#program.functions.flatMap((fn) => done.get(fn) ?? []);
    return { functions, maps: this.#maps() };
  }

  #reserveAbove(fn: IrFunction): void {
    const chains = this.#graph.callers(fn).filter((caller) => this.#above.has(caller));
    const needs = chains.map((caller) => {
      const own = this.#codeOf(caller).plan.smallest + this.#reserve;
      return this.#above.get(caller)! + alignUp(own, FRAME_UNIT);
    });
    this.#above.set(fn, Math.max(0, ...needs));
  }

  #function(fn: IrFunction): FunctionSpec {
    const below = Math.max(0, ...this.#graph.callees(fn).map((callee) => this.#depth.get(callee)!));
    const limit = STACK_LIMIT - below - this.#above.get(fn)!;
    const code = this.#codeOf(fn).get(limit, this.#scratch());
    const depth = below + alignUp(Math.max(code.depth, 1), FRAME_UNIT);
    if (depth > STACK_LIMIT) throw this.#tooDeep(fn, depth);
    this.#depth.set(fn, depth);
    this.#scratchBytes += code.scratchBytes;
    return code.spec;
  }

  #scratch(): Scratch {
    const copies = this.#program.reentrant ? REENTRANT_COPIES : 1;
    return { map: this.#scratchMap, used: this.#scratchBytes, copies };
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
    return [{ name: this.#scratchMap, type: 'percpu_array', key: u32, value, maxEntries: this.#scratch().copies }];
  }

  #tooDeep(fn: IrFunction, depth: number): CallsTooDeep {
    return new CallsTooDeep('unsupported', {
      doing: `generating code for ${fn.name}`,
      what: `it and the functions that it calls need ${depth} bytes of stack, more than ${STACK_LIMIT}`,
      hint: 'pass fewer values at once, or call fewer functions from functions',
    });
  }
}
