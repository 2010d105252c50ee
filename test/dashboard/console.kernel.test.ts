/** The console: complains at the place, completes, runs a real script, and gives what it counted. */
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { TraceConsole } from '../../src/server/index.ts';

const skip = process.geteuid?.() === 0 ? false : 'tracing needs root';
const OPENS = 37;

test('complaints have places, completions fit', { skip }, () => {
  const console = new TraceConsole();
  const text = 'BEGIN { @a = cuont(); }';
  const { diagnostics } = console.check(text, text.length);
  assert.equal(text.slice(diagnostics[0]!.from, diagnostics[0]!.to), 'cuont()');
  const { items } = console.check('BEGIN { @a = cou', 16).completions;
  assert.ok(items.some(({ label }) => label === 'count'));
});

test('a script counts what happens, once at a time, until it is stopped', { skip }, async () => {
  const console = new TraceConsole();
  const started = console.start(
    `tracepoint:syscalls:sys_enter_openat /pid == ${process.pid} && str(args.filename) == "/proc/self/comm"/ { @opens = count(); }`,
    'alice',
  );
  assert.deepEqual([started.running, started.by], [true, 'alice']);
  assert.throws(() => console.start('BEGIN { exit(); }', 'bob'), /a script of alice runs/);
  await until(() => console.read(0).lines.some(({ text }) => text.startsWith('attached')));
  for (let at = 0; at < OPENS; at++) closeSync(openSync('/proc/self/comm', 'r'));
  console.stop();
  await until(() => !console.read(0).running);
  const { maps, error } = console.read(0);
  assert.equal(error, null);
  assert.deepEqual(maps, [{ name: '@opens', rows: [{ key: null, value: OPENS }] }]);
});

test('unsafe functions stay off', { skip }, () => {
  const [complaint] = new TraceConsole().check('BEGIN { system("id"); }', 0).diagnostics;
  assert.match(complaint!.message, /unsafe/);
});

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo() && turn < 200; turn++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(isSo());
}
