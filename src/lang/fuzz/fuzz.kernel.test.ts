/** Random scripts: what the compiler accepts the verifier accepts, and the kernel does what the VM does. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fuzzRange } from '../codegen/fuzz-variants.ts';
import { randomScript } from './random-script.ts';
import { compareScript } from './testing/differential.ts';

const CORPUS = `${import.meta.dirname}/corpus`;
const skip = process.getuid?.() === 0 ? false : 'loading programs needs root';
const { from, to } = fuzzRange(200);

test(`random scripts ${from} … ${to - 1}`, { skip }, async () => {
  for (let seed = from; seed < to; seed++)
    assert.deepEqual(await compareScript(randomScript(seed)), { kind: 'agree' }, `seed ${seed}`);
});

for (const file of readdirSync(CORPUS)) {
  test(`once found: ${file}`, { skip }, async () => {
    assert.deepEqual(await compareScript(readFileSync(`${CORPUS}/${file}`, 'utf8')), { kind: 'agree' });
  });
}
