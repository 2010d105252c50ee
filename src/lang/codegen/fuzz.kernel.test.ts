/** The verifier accepts random programs, and the kernel computes what the VM computes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeFeatures } from '../../bpf/features/index.ts';
import { createMap, type KeyedMap, loadProgram } from '../../bpf/index.ts';
import { compileRandom, fuzzRange, inputOf, runInVm, VARIANTS, type Variant } from './fuzz-variants.ts';
import type { Generated } from './index.ts';
import { FUZZ_MAPS, OUTPUT_BYTES } from './random-program.ts';

const { from, to } = fuzzRange(200);
const skip = process.getuid?.() === 0 ? false : 'loading programs needs root';

const { isaV4, mayGoto, bpfLoop } = codeFeatures();
/** What this kernel's own scripts, or those for older ones, are compiled as. */
const isHere = ({ isa = 'v4', loopLimit, loopCalls }: Variant): boolean =>
  (isaV4 || isa === 'v3') && (mayGoto || loopLimit !== undefined) && (bpfLoop || !loopCalls);

test(`random programs ${from} … ${to - 1} in the kernel`, { skip }, async () => {
  const maps = new Map(FUZZ_MAPS.map((spec) => [spec.name, createMap(spec) as KeyedMap<unknown, unknown>]));
  try {
    for (let seed = from; seed < to; seed++) {
      for (const options of VARIANTS.filter(isHere)) {
        const generated = compileRandom(seed, options);
        const output = await runInKernel(generated, seed, maps);
        assert.equal(output, runInVm(generated, seed), `seed ${seed}, ${JSON.stringify(options)}`);
      }
    }
  } finally {
    for (const map of maps.values()) map.close();
  }
});

async function runInKernel(
  { functions, maps: scratch }: Generated,
  seed: number,
  shared: ReadonlyMap<string, KeyedMap<unknown, unknown>>,
): Promise<string> {
  const table = shared.get('table')!;
  for (const [key] of table.entries()) table.delete(key);
  shared.get('input')!.set(0, inputOf(seed));
  shared.get('output')!.set(0, new Uint8Array(OUTPUT_BYTES));
  const own = scratch.map((spec) => [spec.name, createMap(spec)] as const);
  const spec = { name: `fuzz${seed}`, kind: 'raw_tracepoint', license: 'GPL', functions } as const;
  const program = await loadProgram(spec, new Map([...shared, ...own]));
  try {
    program.testRun();
    return Buffer.from(shared.get('output')!.get(0) as Uint8Array).toString('hex');
  } finally {
    program.close();
    for (const [, map] of own) map.close();
  }
}
