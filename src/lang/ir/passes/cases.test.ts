/** Each file of cases/PASS/ is one case: IR, a line of dashes, the IR that the pass makes of it. UPDATE=1 rewrites them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { IrFunction, IrProgram } from '../ir.ts';
import { parseProgram } from '../parse.ts';
import { printProgram } from '../print.ts';
import { validateProgram } from '../validate.ts';
import { foldAddresses } from './addresses.ts';
import { shareHelpers } from './common-helpers.ts';
import { removeDeadCode } from './dead-code.ts';
import { removeDeadStores } from './dead-stores.ts';
import { fuseBranches } from './fuse-branches.ts';
import { countGuards } from './guards.ts';
import { inlineCalls } from './inline.ts';
import { threadJumps } from './jumps.ts';
import { callLoops } from './loop-calls.ts';
import { removeNullChecks } from './null-checks.ts';
import { orderBlocks } from './order.ts';
import { propagate } from './propagate.ts';
import { retargetCopies } from './retarget.ts';
import { returnAtOnce } from './returns.ts';
import { reuseLoads } from './reuse-loads.ts';
import { reuseLookups } from './reuse-lookups.ts';
import { rotateLoops } from './rotate-loops.ts';

const FUNCTION_PASSES: Readonly<Record<string, (fn: IrFunction) => IrFunction>> = {
  addresses: foldAddresses,
  'common-helpers': shareHelpers,
  'dead-code': removeDeadCode,
  'dead-stores': removeDeadStores,
  'fuse-branches': fuseBranches,
  guards: (fn) => countGuards(fn, 1024),
  jumps: threadJumps,
  order: orderBlocks,
  propagate,
  retarget: retargetCopies,
  returns: returnAtOnce,
  'reuse-loads': reuseLoads,
  'reuse-lookups': reuseLookups,
  'rotate-loops': rotateLoops,
};
const PROGRAM_PASSES: Readonly<Record<string, (program: IrProgram) => IrProgram>> = {
  'loop-calls': (program) => ({ ...program, functions: program.functions.flatMap(callLoops) }),
  inline: (program) => inlineCalls(program),
  'null-checks': removeNullChecks,
};
const PASSES = [
  ...Object.entries(PROGRAM_PASSES),
  ...Object.entries(FUNCTION_PASSES).map(
    ([name, pass]) => [name, (p: IrProgram): IrProgram => ({ ...p, functions: p.functions.map(pass) })] as const,
  ),
];
const SEPARATOR = '---\n';
const cases = new URL('./cases/', import.meta.url);

for (const [name, pass] of PASSES) {
  for (const file of readdirSync(new URL(`${name}/`, cases)).sort()) {
    test(`${name}: ${file}`, () => {
      const url = new URL(`${name}/${file}`, cases);
      const [input = '', expected = ''] = readFileSync(url, 'utf8').split(SEPARATOR);
      const program = parseProgram('case', input);
      validateProgram(program);
      const result = pass(program);
      validateProgram(result);
      const text = printProgram(result);
      if (process.env.UPDATE) writeFileSync(url, input + SEPARATOR + text);
      else assert.equal(text, expected);
    });
  }
}
