/** IR to eBPF: optimisation, instruction selection, register allocation, frames. Pure. */
import type { MapSpec } from '../../bpf/spec/map.ts';
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import { type IrFunction, type IrProgram, Optimiser, validateProgram } from '../ir/index.ts';
import { countGuards } from '../ir/passes/guards.ts';
import { callLoops } from '../ir/passes/loop-calls.ts';
import { FunctionCode } from './function-code.ts';
import { CallsTooDeep, generateProgram } from './program-code.ts';
import type { Isa } from './select/writer.ts';

export interface GenerateOptions {
  /** v4 (Linux 6.6) adds signed division, sign extension and long jumps; v3 does without. */
  readonly isa?: Isa;
  /** For kernels without may_goto (before 6.9): all guarded loops of a function together stop after so many rounds. */
  readonly loopLimit?: number;
  /** The kernel calls the bodies of loops (bpf_loop, Linux 6.7) where calls may be nested so deep; loopLimit is for the rest. */
  readonly loopCalls?: boolean;
  /** False only where a test wants the IR as it is. */
  readonly optimise?: boolean;
}

export interface Generated {
  /** The entry first. */
  readonly functions: readonly FunctionSpec[];
  /** What the code needs besides the maps that the IR names. */
  readonly maps: readonly MapSpec[];
}

/** Generates programs that may share functions (the same objects): most of the work on them is done once. */
export class Generator {
  readonly #options: GenerateOptions;
  readonly #optimiser: Optimiser;
  readonly #valid = new Set<IrFunction>();
  readonly #code = new Map<IrFunction, FunctionCode>();
  readonly #outlined = new Map<IrFunction, readonly IrFunction[]>();

  constructor(options: GenerateOptions = {}) {
    this.#options = options;
    const { loopLimit } = options;
    this.#optimiser = new Optimiser(loopLimit === undefined ? [] : [(fn) => countGuards(fn, loopLimit)]);
  }

  generate(program: IrProgram): Generated {
    if (!this.#options.loopCalls) return this.#generate(program);
    try {
      return this.#generate({ ...program, functions: program.functions.flatMap((fn) => this.#outline(fn)) });
    } catch (error) {
      if (!(error instanceof CallsTooDeep)) throw error;
      return this.#generate(program);
    }
  }

  #outline(fn: IrFunction): readonly IrFunction[] {
    const functions = this.#outlined.get(fn) ?? callLoops(fn);
    this.#outlined.set(fn, functions);
    return functions;
  }

  #generate(program: IrProgram): Generated {
    validateProgram(program, this.#valid);
    const isPlain = this.#options.optimise === false;
    const optimised = isPlain ? this.#optimiser.prepare(program) : this.#optimiser.run(program);
    return generateProgram(optimised, (fn) => this.#codeOf(fn));
  }

  #codeOf(fn: IrFunction): FunctionCode {
    const code = this.#code.get(fn) ?? new FunctionCode(fn, this.#options.isa ?? 'v4');
    this.#code.set(fn, code);
    return code;
  }
}

export function generate(program: IrProgram, options: GenerateOptions = {}): Generated {
  return new Generator(options).generate(program);
}
