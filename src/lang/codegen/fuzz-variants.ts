/** The ways in which one random program is compiled and run: all must leave the same output. */

import { Vm } from '../vm/index.ts';
import type { Generated, GenerateOptions } from './index.ts';
import { generate } from './index.ts';
import { Random } from './random.ts';
import { FUZZ_MAPS, INPUT_BYTES, randomProgram } from './random-program.ts';

export interface Variant extends GenerateOptions {
  readonly reentrant?: boolean;
}

export const VARIANTS: readonly Variant[] = [
  { optimise: false },
  {},
  { isa: 'v3', loopLimit: 1000 },
  { isa: 'v3', loopLimit: 1000, loopCalls: true },
  { optimise: false, isa: 'v3', reentrant: true },
];

/** Programs to try and the first seed: FUZZ_PROGRAMS and FUZZ_SEED, for long runs. */
export function fuzzRange(programs: number): { from: number; to: number } {
  const from = Number(process.env.FUZZ_SEED ?? 1);
  return { from, to: from + Number(process.env.FUZZ_PROGRAMS ?? programs) };
}

export function inputOf(seed: number): Uint8Array {
  return new Random(~seed).fill(new Uint8Array(INPUT_BYTES));
}

export function compileRandom(seed: number, { reentrant = false, ...options }: Variant): Generated {
  return generate({ ...randomProgram(seed), reentrant }, options);
}

const FIRST_KEY = new Uint8Array(4);

/** The output map's bytes after one run in the VM, in hex. */
export function runInVm({ functions, maps }: Generated, seed: number): string {
  const vm = new Vm(functions, [...FUZZ_MAPS, ...maps]);
  vm.map('input').get(FIRST_KEY)!.set(inputOf(seed));
  vm.run(new Uint8Array(8));
  return Buffer.from(vm.map('output').get(FIRST_KEY)!).toString('hex');
}
