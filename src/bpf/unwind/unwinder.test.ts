/** What an unwinder does with stacks that make no sense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMaps } from '../symbols/index.ts';
import { machineOf } from './machine.ts';
import { ARCH } from './testing/samples.ts';
import { Unwinder } from './unwinder.ts';

const machine = machineOf(ARCH);
const STACK = 0x7ffc_0000_1000;
const STACK_BYTES = 1024;

const sample = () => new DataView(new ArrayBuffer(machine.registersBytes + STACK_BYTES));
const unwind = (unwinder: Unwinder, pid: number, view: DataView) =>
  unwinder.unwind(pid, view, 0, machine.registersBytes, STACK_BYTES);

test('a process that is gone leaves one address', () => {
  const unwinder = new Unwinder(ARCH);
  const view = sample();
  view.setBigUint64(machine.programCounterPlace, 0x1234n, true);
  assert.equal(unwind(unwinder, 0x7fff_fff0, view), 'no unwind info');
  assert.deepEqual([...unwinder.addresses.subarray(0, unwinder.count)], [0x1234]);
});

test('an instruction pointer outside of all code is bad', () => {
  const unwinder = new Unwinder(ARCH);
  assert.equal(unwind(unwinder, process.pid, sample()), 'bad');
});

test('random stacks of addresses that are code: every walk ends', () => {
  const code = readMaps(process.pid).filter(({ executable }) => executable);
  const unwinder = new Unwinder(ARCH);
  const view = sample();
  let state = 4711;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const address = () => {
    const { start, end } = code[random(code.length)]!;
    return BigInt(start + random(end - start));
  };
  const reasons = new Set<string>();
  for (let round = 0; round < 3000; round++) {
    for (let at = 0; at + 8 <= view.byteLength; at += 8) {
      const word = random(2) === 0 ? address() : BigInt(STACK + random(2 * STACK_BYTES));
      view.setBigUint64(at, word, true);
    }
    view.setBigUint64(machine.places[machine.stackPointer]!, BigInt(STACK), true);
    view.setBigUint64(machine.programCounterPlace, address(), true);
    reasons.add(unwind(unwinder, process.pid, view));
    assert.ok(unwinder.count >= 1 && unwinder.count <= 127);
  }
  assert.ok(reasons.has('bad') && reasons.has('truncated'), [...reasons].join());
  assert.ok(unwinder.tables.bytes < 64 << 20, `${unwinder.tables.bytes} bytes`);
});
