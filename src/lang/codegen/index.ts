/** IR to eBPF: optimisation, instruction selection, register allocation, frames. Pure. */
import type { MapSpec } from '../../bpf/spec/map.ts';
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import { type IrFunction, type IrProgram, Optimiser, validateProgram } from '../ir/index.ts';
import { countGuards } from '../ir/passes/guards.ts';
import { FunctionCode } from './function-code.ts';
import { generateProgram } from './program-code.ts';
import type { Isa } from './select/writer.ts';

export interface GenerateOptions {
  /** v4 (Linux 6.6) adds signed division, sign extension and long jumps; v3 does without. */
  readonly isa?: Isa;
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

/** Generates programs that may share functions (the same objects): most of the work on them is done once. */
export class Generator {
  readonly #options: GenerateOptions;
  readonly #optimiser: Optimiser;
  readonly #valid = new Set<IrFunction>();
  readonly #code = new Map<IrFunction, FunctionCode>();

  constructor(options: GenerateOptions = {}) {
    this.#options = options;
    const { loopLimit } = options;
    this.#optimiser = new Optimiser(loopLimit === undefined ? [] : [(fn) => countGuards(fn, loopLimit)]);
  }

  generate(program: IrProgram): Generated {
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
