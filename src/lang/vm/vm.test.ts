/** The VM on hand-written instructions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u32, u64 } from '../../base/record.ts';
import {
  aluImm,
  aluReg,
  atomic,
  call,
  callReference,
  exit,
  type Instruction,
  jumpImm,
  load,
  loadImm64,
  loadReference,
  negate,
  signExtend,
  signedDivide,
  store,
  storeImm,
  toBigEndian,
} from '../../bpf/asm/index.ts';
import type { MapSpec } from '../../bpf/spec/map.ts';
import { Vm } from './index.ts';

const HASH: MapSpec = { name: 'm', type: 'hash', key: u32, value: u64, maxEntries: 2 };
const main = (insns: readonly Instruction[]) => [{ name: 'main', parameters: 1, insns }];
const run = (...insns: Instruction[]) => new Vm(main([...insns, exit()]), [HASH]).run();
const signed = (value: bigint) => BigInt.asIntN(64, value);

test('arithmetic', () => {
  assert.equal(signed(run(aluImm('mov', 0, -7), aluImm('mov', 1, 2), signedDivide('div', 0, 1))), -3n);
  assert.equal(signed(run(aluImm('mov', 0, -7), aluImm('mov', 1, 2), signedDivide('mod', 0, 1))), -1n);
  assert.equal(run(aluImm('mov', 0, 7), aluImm('div', 0, 0)), 0n);
  assert.equal(run(aluImm('mov', 0, 7), aluImm('mod', 0, 0)), 7n);
  assert.equal(run(aluImm('mov', 0, -1), aluImm('add', 0, 1, 32)), 0n);
  assert.equal(run(aluImm('mov', 0, -1), aluImm('rsh', 0, 33)), 0x7fffffffn);
  assert.equal(run(aluImm('mov', 0, -1), negate(0, 32)), 1n);
  assert.equal(run(aluImm('mov', 1, 0x80), signExtend(0, 1, 8)), 0xffffffffffffff80n);
  assert.equal(run(loadImm64(0, 0x1122334455667788n), toBigEndian(0, 64)), 0x8877665544332211n);
  assert.equal(run(loadImm64(0, 0x1122334455667788n), toBigEndian(0, 16)), 0x8877n);
});

test('memory and atomics', () => {
  assert.equal(run(storeImm('u64', 10, -8, -1), load('u16', 0, 10, -8)), 0xffffn);
  const fetchAdd = [storeImm('u64', 10, -8, 5), aluImm('mov', 1, 3), atomic('fetchAdd', 'u64', 10, -8, 1)];
  assert.equal(run(...fetchAdd, load('u64', 0, 10, -8), aluReg('add', 0, 1)), 13n);
  const exchange = [storeImm('u64', 10, -8, 5), aluImm('mov', 0, 5), aluImm('mov', 1, 9)];
  assert.equal(run(...exchange, atomic('cmpxchg', 'u64', 10, -8, 1), load('u64', 0, 10, -8)), 9n);
  assert.throws(() => run(load('u64', 0, 10, 0)), /running instruction 0 of main.*no memory at/);
});

test('helpers and maps', () => {
  const bump = [
    storeImm('u32', 10, -4, 7),
    loadReference(1, { kind: 'map', map: 'm' }),
    aluReg('mov', 2, 10),
    aluImm('add', 2, -4),
    call('map_lookup_elem'),
    // Behind `exit`; the map's address takes two slots.
    jumpImm('ne', 0, 0, 10),
    storeImm('u64', 10, -16, 1),
    loadReference(1, { kind: 'map', map: 'm' }),
    aluReg('mov', 2, 10),
    aluImm('add', 2, -4),
    aluReg('mov', 3, 10),
    aluImm('add', 3, -16),
    aluImm('mov', 4, 0),
    call('map_update_elem'),
    exit(),
  ];
  const vm = new Vm(main([...bump, load('u64', 1, 0, 0), aluImm('add', 1, 1), store('u64', 0, 0, 1), exit()]), [HASH]);
  vm.run();
  vm.run();
  vm.run();
  assert.equal(Buffer.from(vm.map('m').get(Buffer.from([7, 0, 0, 0]))!).readBigUInt64LE(), 3n);
});

test('functions, and the registers that a call destroys', () => {
  const helper = { name: 'double', parameters: 1, insns: [aluReg('mov', 0, 1), aluReg('add', 0, 1), exit()] };
  const entry = [aluImm('mov', 6, 1), aluImm('mov', 1, 21), callReference({ kind: 'function', name: 'double' })];
  const vm = new Vm([...main([...entry, aluReg('add', 0, 6), exit()]), helper]);
  assert.equal(vm.run(), 43n);
});
