/** Maps as text and as JSON, from memory to lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ehistBuckets, histBuckets } from '../../lang/types/layout.ts';
import {
  type AggregateType,
  INT32,
  INT64,
  type StructType,
  stringType,
  type TSeriesType,
  type Type,
  tupleOf,
  UINT64,
} from '../../lang/types/type.ts';
import { CONTEXT, entriesOf, scriptMap } from '../testing/memory.ts';
import { jsonFormat } from './json-output.ts';
import { takeSnapshot } from './snapshot.ts';
import { textFormat } from './text-output.ts';

const COUNT: AggregateType = { kind: 'count', signed: false };
type Rows = Parameters<typeof entriesOf>[1];

function shown(value: Type, key: Type | undefined, rows: Rows, top = 0, divisor = 1): { text: string; json: string } {
  const map = scriptMap('@', value, key);
  const snapshot = takeSnapshot(map, entriesOf(map, rows), CONTEXT, { top, divisor });
  return { text: textFormat.map(snapshot), json: jsonFormat.map(snapshot) };
}

/** 64-bit counts with some set. */
function counts(size: number, set: Readonly<Record<number, bigint>>): bigint[] {
  return Array.from({ length: size }, (_, i) => set[i] ?? 0n);
}

test('counts are summed over CPUs and sorted', () => {
  const rows: Rows = [
    ['psql', 1n, 4n],
    ['cron', 2n, 0n],
    ['bash', 0n, 3n],
  ];
  const { text, json } = shown(COUNT, stringType(16), rows);
  assert.equal(text, '@[cron]: 2\n@[bash]: 3\n@[psql]: 5\n');
  assert.equal(json, '{"type": "map", "data": {"@": {"cron": 2, "bash": 3, "psql": 5}}}\n');
  assert.equal(shown(COUNT, stringType(16), rows, 2, 2).text, '@[bash]: 1\n@[psql]: 2\n');
});

test('tuple keys lose their parentheses, in JSON their spaces too', () => {
  const { text, json } = shown(COUNT, tupleOf([INT32, stringType(8)]), [[{ _0: -1, _1: 'a b' }, 1n]]);
  assert.equal(text, '@[-1, a b]: 1\n');
  assert.equal(json, '{"type": "map", "data": {"@": {"-1,ab": 1}}}\n');
});

test('texts are sorted by key, numbers by value with their sign', () => {
  assert.equal(
    shown(stringType(8), tupleOf([INT32, stringType(4)]), [
      [{ _0: 2, _1: 'a' }, 'x'],
      [{ _0: -1, _1: 'b' }, 'y'],
      [{ _0: -1, _1: 'a' }, 'z'],
    ]).text,
    '@[-1, a]: z\n@[-1, b]: y\n@[2, a]: x\n',
  );
  assert.equal(
    shown(INT64, INT64, [
      [1n, 5n],
      [2n, -5n],
    ]).text,
    '@[2]: -5\n@[1]: 5\n',
  );
});

test('scalars', () => {
  assert.deepEqual(shown(INT64, undefined, [[0, -7n]]), {
    text: '@: -7\n',
    json: '{"type": "map", "data": {"@": -7}}\n',
  });
  assert.deepEqual(
    shown(UINT64, undefined, [[0, 2n ** 63n + 1n]]).json,
    '{"type": "map", "data": {"@": "9223372036854775809"}}\n',
  );
  assert.deepEqual(shown(INT64, undefined, []), { text: '', json: '' });
});

test('min, max, avg and stats', () => {
  const min: Type = { kind: 'min', signed: true };
  const copies = [
    { value: 5n, set: 1n },
    { value: -2n, set: 1n },
    { value: -9n, set: 0n },
  ];
  assert.equal(shown(min, undefined, [[0, ...copies]]).text, '@: -2\n');
  assert.equal(shown({ kind: 'max', signed: true }, undefined, [[0, ...copies]]).text, '@: 5\n');
  const halves = [
    { total: 10n, count: 1n },
    { total: 5n, count: 1n },
  ];
  assert.deepEqual(shown({ kind: 'avg', signed: true }, undefined, [[0, ...halves]]), {
    text: '@: 7\n',
    json: '{"type": "stats", "data": {"@": 7}}\n',
  });
  assert.deepEqual(shown({ kind: 'stats', signed: true }, INT32, [[1, ...halves]]), {
    text: '@[1]: { .count = 2, .average = 7, .total = 15 }\n',
    json: '{"type": "stats", "data": {"@": {"1": {"count": 2, "average": 7, "total": 15}}}}\n',
  });
});

test('a histogram', () => {
  const rows: Rows = [[0, counts(65, { 0: 1n, 3: 1n, 4: 1n }), counts(65, { 3: 1n, 6: 1n })]];
  const { text, json } = shown({ kind: 'hist', bits: 0 }, undefined, rows);
  assert.equal(
    text,
    `@:
(..., 0)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[0]                    0 |                                                    |
[1]                    0 |                                                    |
[2, 4)                 2 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
[4, 8)                 1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |
[8, 16)                0 |                                                    |
[16, 32)               1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |

`,
  );
  assert.deepEqual(JSON.parse(json).data['@'].slice(0, 4), [
    { max: -1, count: 1 },
    { min: 0, max: 0, count: 0 },
    { min: 1, max: 1, count: 0 },
    { min: 2, max: 3, count: 2 },
  ]);
});

test('a finer histogram, large values, and one that is all zero', () => {
  const size = histBuckets(2);
  const { text } = shown({ kind: 'hist', bits: 2 }, INT32, [[1, counts(size, { 28: 3n, [(32 << 2) + 1]: 1n })]]);
  assert.match(text, /^@\[1\]:\n\[224, 256\) +3 \|/);
  assert.match(text, /\n\[8G, 10G\) +1 \|@{17} +\|\n\n$/);
  assert.deepEqual(shown({ kind: 'hist', bits: 0 }, undefined, [[0, counts(65, {})]]), {
    text: '@:\n\n',
    json: '{"type": "hist", "data": {"@": []}}\n',
  });
});

test('an exponential histogram: no bucket without integers, percentiles as bounds', () => {
  // Scale 2: [1], then [2] and [3] of the four between 2 and 4, then 4 to a power of two.
  const buckets = { 0: 1n, 2: 2n, 6: 1n, 16: 96n };
  const { text, json } = shown({ kind: 'ehist', scale: 2 }, undefined, [[0, counts(ehistBuckets(2), buckets)]]);
  const lines = text.split('\n').map((line) => line.replace(/ *\|.*/, ''));
  assert.deepEqual(lines.slice(1, 7), [
    '(..., 0)               1',
    '[0]                    0',
    '[1]                    2',
    '[2]                    1',
    '[3]                    0',
    '[4]                    0',
  ]);
  assert.match(text, /\n\[12, 14\) +96 \|@{52}\|\np50 <= 13, p90 <= 13, p99 <= 13\n\n$/);
  assert.deepEqual(JSON.parse(json).data['@'].at(-1), { min: 12, max: 13, count: 96 });
});

test('linear histograms: suffixes only where all bounds can have them', () => {
  const lhist = (min: bigint, max: bigint, step: bigint, set: Readonly<Record<number, bigint>>): string => {
    const size = Number((max - min) / step) + 2;
    return shown({ kind: 'lhist', min, max, step }, undefined, [[0, counts(size, set)]]).text;
  };
  const bar = '@'.repeat(52);
  assert.equal(lhist(610_000n, 670_000n, 10_000n, { 3: 1n }), `@:\n[630000, 640000)       1 |${bar}|\n\n`);
  assert.equal(
    lhist(0n, 5120n, 1024n, { 1: 1n, 2: 1n }),
    `@:\n[0, 1K)                1 |${bar}|\n[1K, 2K)               1 |${bar}|\n\n`,
  );
  assert.equal(lhist(0n, 100n, 10n, { 11: 1n }), `@:\n[100, ...)             1 |${bar}|\n\n`);
  assert.equal(lhist(10n, 110n, 10n, { 0: 1n }), `@:\n(..., 10)              1 |${bar}|\n\n`);
});

test('a time series', () => {
  const type: TSeriesType = {
    kind: 'tseries',
    interval: 100_000_000n,
    buckets: 4,
    aggregate: 'none',
    signed: true,
  };
  const bucket = (value: bigint, epoch: bigint) => ({ value, meta: epoch, epoch });
  const rows: Rows = [
    [0, [bucket(-5n, 36_000_010_001n), bucket(0n, 36_000_010_002n), bucket(0n, 0n), bucket(5n, 36_000_010_004n)]],
  ];
  const { text, json } = shown(type, undefined, rows);
  const [, scale, head, ...lines] = text.split('\n');
  assert.equal(scale, '             -5                                                  5');
  assert.equal(head, `hh:mm:ss.ms  |${'_'.repeat(51)}|`);
  assert.match(lines[0]!, /:40\.100 \* {25}\. {25}\| -5$/);
  assert.match(lines[1]!, /:40\.200 \| {25}\* {25}\| 0$/);
  assert.match(lines[2]!, /:40\.300 \| {25}\. {25}\| -$/);
  assert.match(lines[3]!, /:40\.400 \| {25}\. {25}\* 5$/);
  assert.equal(JSON.parse(json).data['@'].length, 3);
  assert.match(json, /"interval_start":"2084-01-29 16:16:40.100000000","value":-5/);
});

test('structs show their fields, bit fields and those of anonymous members', () => {
  const inner: StructType = {
    kind: 'struct',
    name: 'union ',
    size: 4,
    align: 4,
    fields: () => [{ name: 'c', offset: 0, type: INT32 }],
  };
  const type: StructType = {
    kind: 'struct',
    name: 'struct s',
    size: 8,
    align: 4,
    fields: () => [
      { name: 'a', offset: 0, type: INT32, bits: { offset: 0, width: 4 } },
      { name: 'b', offset: 0, type: { ...INT32, signed: false }, bits: { offset: 4, width: 12 } },
      { name: '', offset: 4, type: inner },
    ],
  };
  const { text, json } = shown(type, undefined, [[0, { words: [0x123f, 7] }]]);
  assert.equal(text, '@: { .a = -1, .b = 291, .c = 7 }\n');
  assert.equal(json, '{"type": "map", "data": {"@": {"a": -1, "b": 291, "c": 7}}}\n');
});
