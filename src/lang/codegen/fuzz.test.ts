/** Random programs compute the same with and without optimisation, for new and old instruction sets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRandom, fuzzRange, runInVm, VARIANTS } from './fuzz-variants.ts';

const { from, to } = fuzzRange(300);

test(`random programs ${from} … ${to - 1} in the VM`, () => {
  for (let seed = from; seed < to; seed++) {
    const [plain, ...others] = VARIANTS.map((options) => runInVm(compileRandom(seed, options), seed));
    for (const [i, output] of others.entries())
      assert.equal(output, plain, `seed ${seed}, ${JSON.stringify(VARIANTS[i + 1])}`);
  }
});
