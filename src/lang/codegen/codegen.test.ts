/** Code generation as text: what a few functions become. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disassemble } from '../../bpf/asm/index.ts';
import { address, FunctionBuilder, imm } from '../ir/index.ts';
import { generate } from './index.ts';

test('a slot too large for the frame moves to the scratch map', () => {
  const b = new FunctionBuilder('entry', 1);
  const buffer = b.slot('buffer', 1024);
  b.store(address(buffer, 8), 8, imm(7));
  b.return(b.load(address(buffer, 8), 8));
  const { functions, maps } = generate({ name: 'p', functions: [b.finish()] }, { optimise: false });
  assert.equal(maps.length, 1);
  assert.equal(maps[0]!.type, 'percpu_array');
  assert.equal(
    disassemble(functions[0]!.insns),
    [
      '0: *(u32 *)(r10 -4) = 0',
      '1: r1 = map[p.scratch]',
      '3: r2 = r10',
      '4: r2 += -4',
      '5: call bpf_map_lookup_elem#1',
      '6: if r0 == 0x0 goto pc+3',
      '7: *(u64 *)(r0 +8) = 7',
      '8: r0 = *(u64 *)(r0 +8)',
      '9: exit',
      '10: r0 = 0',
      '11: exit',
      '',
    ].join('\n'),
  );
});
