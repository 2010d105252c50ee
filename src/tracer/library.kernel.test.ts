/** Scripts inside a program: typed events, snapshots, and their end. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PebbleError } from '../base/errors.ts';
import { trace } from './library.ts';
import { all } from './testing/events.ts';

const skip = process.getuid?.() === 0 ? false : 'tracing needs root';

test('events and maps are values', { skip }, async () => {
  const run = trace(`BEGIN {
    emit("row", (id=(uint32)7, text="naïve", big=(uint64)0xffffffffffffffff, of=(1, true)));
    printf("%d texts\\n", 2); print((int8)-3); @m[1, "a"] = sum(41); @m[1, "a"] = sum(2); @h = hist(9); exit(3);
  }`);
  const events = await all(run);
  assert.deepEqual(
    events.filter(({ kind }) => kind !== 'attached'),
    [
      { kind: 'emit', name: 'row', value: { id: 7, text: 'naïve', big: 2n ** 64n - 1n, of: [1, true] } },
      { kind: 'text', text: '2 texts\n' },
      { kind: 'value', value: -3 },
      { kind: 'map', map: { name: '@h', rows: [{ key: null, value: [{ from: 8, below: 16, count: 1 }] }] } },
      { kind: 'map', map: { name: '@m', rows: [{ key: [1, 'a'], value: 43 }] } },
    ],
  );
  assert.equal(await run.ended, 3);
});

test('a snapshot while it runs; leaving the loop ends it', { skip }, async () => {
  const run = trace(`tracepoint:syscalls:sys_enter_openat /pid == ${process.pid}/ { @n = count(); }`);
  for await (const event of run) {
    if (event.kind !== 'attached') continue;
    for (let i = 0; i < 31; i++) readFileSync('/proc/self/comm');
    const [map] = run.snapshot();
    assert.ok(Number(map!.rows[0]!.value) >= 31);
    break;
  }
  assert.equal(await run.ended, 0);
});

test('a script that does not compile is an error with its diagnostics', () => {
  assert.throws(
    () => trace('BEGIN { print(nosuch); }'),
    (error: unknown) => error instanceof PebbleError && /nosuch/.test(String(error.detail)),
  );
});
