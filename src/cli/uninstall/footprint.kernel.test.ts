import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aluImm, exit } from '../../bpf/asm/index.ts';
import { loadProgram, type Program } from '../../bpf/programs/index.ts';
import { lacking } from '../../bpf/testing/needs.ts';
import { findFootprint, keyOf } from './footprint.ts';

const skip = await lacking('raw_tracepoint');

test('programs are found by their names: of the agent, and of a script, which begin alike', { skip }, async () => {
  const functions = [{ name: 'main', parameters: 1, insns: [aluImm('mov', 0, 0), exit()] }];
  const load = (kernelName: string) =>
    loadProgram({ name: 'p0', kernelName, kind: 'raw_tracepoint', license: 'GPL', functions });
  const ours = [await load('pebble_p7'), await load('pebble_p7_kprobe_vfs_read')];
  const others = await load('pebble_pool');
  const found = new Set(findFootprint([]).objects.map(keyOf));
  const isFound = (program: Program) => found.has(`program ${program.info().id}`);
  assert.deepEqual(ours.map(isFound), [true, true]);
  assert.equal(isFound(others), false);
  for (const program of [...ours, others]) program.close();
});
