/** Each file of cases/ is one: IR, a line of dashes, the code that it becomes. UPDATE=1 rewrites them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { sizeOf } from '../../base/record.ts';
import { disassemble } from '../../bpf/asm/index.ts';
import { parseProgram } from '../ir/parse.ts';
import { generate } from './index.ts';

const SEPARATOR = '---\n';
const cases = new URL('./cases/', import.meta.url);

for (const file of readdirSync(cases).sort()) {
  test(file, () => {
    const url = new URL(file, cases);
    const [input = '', expected = ''] = readFileSync(url, 'utf8').split(SEPARATOR);
    const { reentrant, ...options } = JSON.parse(/\/\/ options (.*)/.exec(input)?.[1] ?? '{}');
    const { functions, maps } = generate({ ...parseProgram('case', input), reentrant }, options);
    const text = [
      ...maps.map((map) => `map ${map.name} ${map.type}, ${sizeOf(map.value!)} bytes\n`),
      ...functions.map((fn) => `${fn.name}:\n${disassemble(fn.insns)}`),
    ].join('\n');
    if (process.env.UPDATE) writeFileSync(url, input + SEPARATOR + text);
    else assert.equal(text, expected);
  });
}
