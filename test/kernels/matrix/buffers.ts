/** Buffers of events: all arrive, in order, and what is lost is counted. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { aluImm, aluReg, call, exit, type Instruction, loadReference, store } from '../../../src/bpf/asm/index.ts';
import { createMap, loadProgram, PerfBuffer, RingBuffer } from '../../../src/bpf/index.ts';
import type { MapSpec } from '../../../src/bpf/spec/index.ts';
import { PRIME } from './hits.ts';
import type { Row } from './row.ts';

const NO_WAKEUP = 1;
const CURRENT_CPU = 0xffffffff;
const MOST_TRIES = 500;

const timeOnStack: Instruction[] = [aluReg('mov', 6, 1), call('ktime_get_ns'), store('u64', 10, -8, 0)];
const toRing: Instruction[] = [
  ...timeOnStack,
  loadReference(1, { kind: 'map', map: 'events' }),
  aluReg('mov', 2, 10),
  aluImm('add', 2, -8),
  aluImm('mov', 3, 8),
  aluImm('mov', 4, NO_WAKEUP),
  call('ringbuf_output'),
  exit(),
];
const toPerf: Instruction[] = [
  ...timeOnStack,
  aluReg('mov', 1, 6),
  loadReference(2, { kind: 'map', map: 'events' }),
  aluImm('mov', 3, CURRENT_CPU, 32),
  aluReg('mov', 4, 10),
  aluImm('add', 4, -8),
  aluImm('mov', 5, 8),
  call('perf_event_output'),
  exit(),
];

/** A program and its map; `emit` runs it so often and tells how often there was no room. */
async function source(spec: Omit<MapSpec, 'name'>, insns: readonly Instruction[]) {
  const map = createMap({ name: 'events', ...spec });
  const functions = [{ name: 'emit', parameters: 1, insns }];
  const emitter = { name: 'emit', kind: 'raw_tracepoint', license: 'GPL', functions } as const;
  const program = await loadProgram(emitter, new Map([['events', map]]));
  return {
    map,
    emit: (times: number) => Array.from({ length: times }, () => program.testRun().returned).filter(Boolean).length,
    close() {
      program.close();
      map.close();
    },
  };
}

export const BUFFERS: readonly Row[] = [
  { name: 'ring buffer', needs: ['ringbuf'], run: ringBuffer },
  { name: 'perf buffer', run: perfBuffer },
];

/** 4096 bytes have room for 255 events of 16 bytes, with their header: the buffer goes round several times. */
async function ringBuffer(): Promise<void> {
  const events = await source({ type: 'ringbuf', maxEntries: 4096 }, toRing);
  const buffer = new RingBuffer(events.map);
  const times: bigint[] = [];
  for (let round = 0; round < 5; round++) {
    assert.equal(events.emit(PRIME), 0);
    buffer.poll((view, offset) => void times.push(view.getBigUint64(offset, true)));
  }
  assert.equal(times.length, 5 * PRIME);
  assert.ok(
    times.every((time, i) => i === 0 || time >= times[i - 1]!),
    'events are out of order',
  );
  const refused = events.emit(2 * PRIME);
  assert.equal(buffer.poll(() => {}) + refused, 2 * PRIME);
  assert.ok(refused > 0);
  buffer.close();
  events.close();
}

async function perfBuffer(): Promise<void> {
  const events = await source({ type: 'perf_event_array', maxEntries: 0 }, toPerf);
  const buffer = new PerfBuffer(events.map, 1);
  let seen = 0;
  const poll = () => buffer.poll(() => void seen++);
  for (let round = 0; round < 5; round++) {
    assert.equal(events.emit(53), 0);
    poll();
  }
  assert.equal(seen, 5 * 53);
  const refused = events.emit(500);
  poll();
  assert.equal(seen + refused, 5 * 53 + 500);
  // A CPU's losses are told with the next event that has room there; who knows which CPU we run on.
  for (let tries = 0; buffer.lost < refused && tries < MOST_TRIES; tries++) {
    events.emit(1);
    poll();
    await sleep(1);
  }
  assert.ok(refused > 0 && buffer.lost === refused, `${buffer.lost} losses told of ${refused}`);
  buffer.close();
  events.close();
}
