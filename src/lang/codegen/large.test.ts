/** Functions too large for 16-bit jumps, and what becomes of them on old kernels. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countSlots } from '../../bpf/asm/index.ts';
import { address, FunctionBuilder, imm } from '../ir/index.ts';
import type { IrProgram } from '../ir/ir.ts';
import { Vm } from '../vm/index.ts';
import { generate } from './index.ts';

/** if (context[0] > 5) { context[8] += 0; context[8] += 1; … } return context[8]; */
function largeProgram(rounds: number): IrProgram {
  const b = new FunctionBuilder('entry', 1);
  const context = b.parameters[0]!;
  const at = address(context, 8);
  b.when('ugt', b.load(address(context), 8), imm(5), () => {
    // The call between makes the value be loaded again.
    for (let i = 0; i < rounds; i++) {
      b.store(at, 8, b.add(b.load(at, 8), imm(i)));
      b.helper('get_prandom_u32', []);
    }
  });
  b.return(b.load(at, 8));
  return { name: 'large', functions: [b.finish()] };
}

test('jumps reach any distance', () => {
  const { functions } = generate(largeProgram(12_000));
  assert.ok(countSlots(functions[0]!.insns) > 0x8000);
  const run = (first: bigint) => new Vm(functions).run(new Uint8Array(new BigUint64Array([first, 7n]).buffer));
  assert.equal(run(5n), 7n);
  assert.equal(run(6n), 7n + (12_000n * 11_999n) / 2n);
});

test('a kernel without long jumps gets an error that says what to do', () => {
  assert.throws(() => generate(largeProgram(12_000), { isa: 'v3' }), /too large for the jumps of this kernel/);
});

test('time grows with size, not with its square', () => {
  const time = (rounds: number): number => {
    const started = process.cpuUsage();
    generate(largeProgram(rounds));
    return process.cpuUsage(started).user;
  };
  time(1000);
  const small = Math.min(time(1000), time(1000), time(1000));
  assert.ok(time(8000) < small * 8 * 5, 'eight times the size takes more than forty times as long');
});
