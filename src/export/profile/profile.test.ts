/** The three formats of one profile, each read back by what its specification says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProfileRow } from '../../api/index.ts';
import { toCollapsed, toPprof, toSpeedscope } from './index.ts';

const frame = (name: string, module = 'postgres') => ({ function: name, known: true, module });

const ROW: ProfileRow = {
  cluster: '/data',
  system_identifier: '1',
  window_start: '2026-01-31T12:00:00.000Z',
  window_us: 5_000_000,
  coverage: 'sampled',
  inexact: [],
  dropped: 0,
  backend_type: 'client backend',
  database: 'd',
  user: 'u',
  query_id: '-17',
  fingerprint: '3',
  query: 'SELECT $1;\nx',
  query_truncated: false,
  inner_query: null,
  inner_fingerprint: null,
  kind: 'on_cpu',
  wait_event_type: null,
  wait_event: null,
  phase: 'run',
  samples: 3,
  time_us: 30_303.03,
  stack: [frame('main'), frame('ExecutorRun'), frame('read', '[kernel]')],
  complete: true,
};
const OTHER: ProfileRow = { ...ROW, query: 'SELECT 2', samples: 300, stack: [frame('main'), frame('planner')] };

test('collapsed: one line a stack, equal ones added, nothing that would split a line', () => {
  assert.equal(toCollapsed([ROW, OTHER, ROW]), 'SELECT $1  x;main;ExecutorRun;read_[k] 6\nSELECT 2;main;planner 300\n');
});

test('collapsed: what is executed inside of a statement is a frame below the stack', () => {
  const inside = { ...ROW, inner_query: 'SELECT  $1', inner_fingerprint: '5' };
  assert.equal(toCollapsed([inside]), 'SELECT $1  x;▸ SELECT $1;main;ExecutorRun;read_[k] 3\n');
});

test('speedscope: frames by number, weights beside samples', () => {
  const file = JSON.parse(toSpeedscope([ROW, OTHER], 'a name'));
  assert.deepEqual(
    file.shared.frames.map(({ name }: { name: string }) => name),
    ['main', 'ExecutorRun', 'read', 'planner'],
  );
  assert.deepEqual(
    file.profiles.map(({ samples, weights }: { samples: unknown; weights: unknown }) => [samples, weights]),
    [
      [[[0, 1, 2]], [30_303.03]],
      [[[0, 3]], [30_303.03]],
    ],
  );
});

test('pprof: samples, locations and strings as profile.proto numbers them', () => {
  const fields = read(toPprof([ROW, OTHER], { startMs: 1, durationNs: 5e9, periodNs: 10_101_010 }));
  const strings = fields.filter(({ field }) => field === 6).map(({ bytes }) => new TextDecoder().decode(bytes));
  assert.equal(strings[0], '');
  const functions = fields.filter(({ field }) => field === 5).map(({ bytes }) => read(bytes!));
  const names = functions.map((one) => strings[one.find(({ field }) => field === 2)!.value!]);
  assert.deepEqual(names, ['main', 'ExecutorRun', 'read', 'planner']);
  const [first, second] = fields.filter(({ field }) => field === 2).map(({ bytes }) => read(bytes!));
  const stackOf = (sample: Field[]) =>
    packed(sample.find(({ field }) => field === 1)!.bytes!).map((id) => names[id - 1]);
  assert.deepEqual(stackOf(first!), ['read', 'ExecutorRun', 'main']);
  assert.deepEqual(stackOf(second!), ['planner', 'main']);
  assert.deepEqual(packed(second!.find(({ field }) => field === 2)!.bytes!), [300, 30_303_030]);
  assert.equal(fields.find(({ field }) => field === 12)!.value, 10_101_010);
});

interface Field {
  readonly field: number;
  readonly value?: number;
  readonly bytes?: Uint8Array;
}

function read(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const value = varint(bytes, tag.end);
    const field = Math.floor(tag.value / 8);
    if (tag.value % 8 === 0) {
      fields.push({ field, value: value.value });
      at = value.end;
    } else {
      assert.equal(tag.value % 8, 2);
      at = value.end + value.value;
      fields.push({ field, bytes: bytes.subarray(value.end, at) });
    }
  }
  return fields;
}

function packed(bytes: Uint8Array): number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = varint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

function varint(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start, unit = 1; ; at++, unit *= 128) {
    value += (bytes[at]! % 128) * unit;
    if (bytes[at]! < 128) return { value, end: at + 1 };
  }
}
