/** A short run of every fuzzer, the same each time; `npm run fuzz -- --minutes 60` is the long one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROPERTIES } from './properties.ts';
import { Random } from './random.ts';
import { FuzzSession } from './session.ts';
import { TARGETS } from './targets.ts';

const ROUNDS = 1500;

for (const target of TARGETS) {
  test(`${target.name}: damaged input gives an answer or a refusal`, () => {
    const session = new FuzzSession(target, new Random(1));
    for (let i = 0; i < ROUNDS; i++) session.step();
    assert.deepEqual(session.findings, []);
    assert.ok(session.accepted > 0);
  });
}

for (const { name, check } of PROPERTIES) {
  test(name, () => {
    for (let seed = 0; seed < 300; seed++) check(new Random(seed));
  });
}

test('a parser that fails is found, with the input that does it', () => {
  const broken = {
    name: 'broken',
    seeds: () => [Buffer.from('abc')],
    run(bytes: Buffer) {
      if (bytes.includes(0xff)) throw new TypeError('boom');
    },
  };
  const session = new FuzzSession(broken, new Random(1));
  for (let i = 0; i < ROUNDS; i++) session.step();
  assert.ok(session.findings.length > 0);
  assert.ok(session.findings[0]!.input.includes(0xff));
});
