/** Events that a program writes arrive, all of them, in order and as they were written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { aluImm, aluReg, call, exit, type Instruction, loadReference, store, storeImm } from '../asm/index.ts';
import { createMap } from '../maps/index.ts';
import { loadProgram, type Program } from '../programs/index.ts';
import type { MapSpec } from '../spec/index.ts';
import { PerfBuffer, Poller, RingBuffer, readOnThread } from './index.ts';

const ring = { name: 'events', type: 'ringbuf', maxEntries: 4096 } as const;
const perf = { name: 'events', type: 'perf_event_array', maxEntries: 0 } as const;
const BPF_RB_NO_WAKEUP = 1;
const BPF_F_CURRENT_CPU = 0xffffffff;

/** 16 bytes on the stack: the time, and the number 7. */
const event: Instruction[] = [
  aluReg('mov', 6, 1),
  call('ktime_get_ns'),
  store('u64', 10, -16, 0),
  storeImm('u64', 10, -8, 7),
];
const toRing: Instruction[] = [
  ...event,
  loadReference(1, { kind: 'map', map: 'events' }),
  aluReg('mov', 2, 10),
  aluImm('add', 2, -16),
  aluImm('mov', 3, 16),
  aluImm('mov', 4, BPF_RB_NO_WAKEUP),
  call('ringbuf_output'),
  exit(),
];
const toPerf: Instruction[] = [
  ...event,
  aluReg('mov', 1, 6),
  loadReference(2, { kind: 'map', map: 'events' }),
  aluImm('mov', 3, BPF_F_CURRENT_CPU, 32),
  aluReg('mov', 4, 10),
  aluImm('add', 4, -16),
  aluImm('mov', 5, 16),
  call('perf_event_output'),
  exit(),
];

async function setUp(spec: MapSpec, insns: readonly Instruction[]) {
  const map = createMap(spec);
  const functions = [{ name: 'emit', parameters: 1, insns }];
  const program = await loadProgram(
    { name: 'emit', kind: 'raw_tracepoint', license: 'GPL', functions },
    new Map([['events', map]]),
  );
  return { map, program };
}

/** Runs the program so often; how often it said that there was no room. */
function emit(program: Program, times: number): number {
  let refused = 0;
  for (let i = 0; i < times; i++) if (program.testRun().returned !== 0) refused++;
  return refused;
}

test('a ring buffer gives each event once, in order, over its end, and tells when it is full', async () => {
  const { map, program } = await setUp(ring, toRing);
  const buffer = new RingBuffer(map);
  const seen: bigint[] = [];
  const take = (view: DataView, offset: number, length: number) => {
    assert.equal(length, 16);
    assert.equal(view.getBigUint64(offset + 8, true), 7n);
    seen.push(view.getBigUint64(offset, true));
  };
  for (let round = 0; round < 10; round++) {
    assert.equal(emit(program, 101), 0);
    assert.equal(buffer.waiting, 101 * 24);
    assert.equal(buffer.poll(take, 50), 50);
    assert.equal(buffer.poll(take), 51);
  }
  assert.equal(seen.length, 1010);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => Number(a - b)),
  );
  // 4096 bytes hold 170 records of 24; the kernel leaves no record that would meet the reader.
  assert.equal(buffer.mayHaveLost, false);
  assert.equal(emit(program, 200), 30);
  assert.equal(buffer.mayHaveLost, true);
  assert.equal(buffer.poll(take), 170);
  assert.equal(buffer.mayHaveLost, true);
  buffer.close();
  assert.throws(() => buffer.poll(take), TypeError);
  program.close();
  map.close();
});

test('an event whose callback throws is not seen again', async () => {
  const { map, program } = await setUp(ring, toRing);
  const buffer = new RingBuffer(map);
  emit(program, 3);
  assert.throws(() =>
    buffer.poll(() => {
      throw new Error('no');
    }),
  );
  assert.equal(
    buffer.poll(() => {}),
    2,
  );
  buffer.close();
  program.close();
  map.close();
});

test('the poller finds events by itself, and drains the rest', async () => {
  const { map, program } = await setUp(ring, toRing);
  const buffer = new RingBuffer(map);
  let count = 0;
  const poller = new Poller(buffer, () => void count++, { idleMs: 4 });
  await sleep(20);
  emit(program, 7);
  await sleep(20);
  assert.equal(count, 7);
  poller.stop();
  emit(program, 5);
  await sleep(20);
  assert.equal(count, 7);
  assert.equal(poller.drain(), 5);
  buffer.close();
  program.close();
  map.close();
});

test('events that come as fast as they are handled keep nobody for ever', async () => {
  const { map, program } = await setUp(ring, toRing);
  const buffer = new RingBuffer(map);
  const poller = new Poller(buffer, () => emit(program, 1), { idleMs: 60_000 });
  poller.stop();
  emit(program, 5);
  assert.deepEqual([poller.drain(), poller.drain()], [5, 5]);
  buffer.close();
  program.close();
  map.close();
});

test('a worker reads on while this thread is busy, and hands over everything before it ends', async () => {
  const { map, program } = await setUp({ ...ring, maxEntries: 128 * 1024 }, toRing);
  let count = 0;
  let last = 0n;
  const worker = await readOnThread(
    map,
    (view, offset, length) => {
      assert.equal(length, 16);
      const time = view.getBigUint64(offset, true);
      assert.ok(time >= last);
      last = time;
      count++;
    },
    { options: { idleMs: 2 } },
  );
  // The thread has started when the first event comes.
  emit(program, 1);
  while (count === 0) await sleep(5);
  let refused = 0;
  // Ten times what the ring holds, without once returning to the event loop.
  for (let i = 0; i < 30; i++) {
    refused += emit(program, 1009);
    for (const end = performance.now() + 5; performance.now() < end; );
  }
  await worker.stop();
  assert.equal(count + refused, 1 + 30 * 1009);
  assert.equal(worker.count, count);
  // Much more than the ring holds at a time.
  assert.ok(count > (2 * map.maxEntries) / 24, `${refused} of ${count + refused} were lost`);
  program.close();
  map.close();
});

test('a perf buffer gives events too, and how many it lost', async () => {
  const { map, program } = await setUp(perf, toPerf);
  const buffer = new PerfBuffer(map, 1);
  let count = 0;
  const take = (view: DataView, offset: number, length: number) => {
    assert.ok(length >= 16);
    assert.equal(view.getBigUint64(offset + 8, true), 7n);
    count++;
  };
  for (let round = 0; round < 10; round++) {
    assert.equal(emit(program, 53), 0);
    assert.equal(buffer.poll(take), 53);
  }
  const refused = emit(program, 500);
  assert.ok(refused > 0);
  buffer.poll(take);
  emit(program, 1);
  buffer.poll(take);
  assert.equal(count + buffer.lost, 530 + 501);
  buffer.close();
  program.close();
  map.close();
});
