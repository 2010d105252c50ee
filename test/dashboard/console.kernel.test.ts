/** The console: complains at the place, completes, runs a real script, and gives what it counted. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TraceConsole } from '../../src/server/index.ts';
import { findTool, listTools, saveTool } from '../../src/toolbox/index.ts';

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

test('a script is saved as a tool that pebble finds; ours, broken ones and unasked replacements are refused', {
  skip,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-shelf-'));
  process.env.PEBBLE_TOOLS = folder;
  try {
    const console = new TraceConsole({
      list: () => listTools().flatMap((tool) => ('source' in tool ? [{ ...tool, text: tool.source.text }] : [])),
      save: saveTool,
    });
    const text = '// How often do processes start?\ntracepoint:sched:sched_process_fork { @forks = count(); }';
    const path = console.save('forks', text, false);
    assert.equal(readFileSync(path, 'utf8'), `${text}\n`);
    assert.equal(statSync(path).mode & 0o077, 0);
    assert.equal(findTool('forks').question, 'How often do processes start?');
    assert.equal(console.tools().find(({ name }) => name === 'forks')?.text, `${text}\n`);
    assert.throws(() => console.save('forks', text, false), /exists/);
    assert.equal(console.save('forks', `${text} // again`, true), path);
    assert.throws(() => console.save('../forks', text, true), /a name has small letters/);
    assert.throws(() => console.save('biolatency', text, true), /comes with Pebble/);
    assert.throws(() => console.save('broken', 'BEGIN { @a = cuont(); }', false), /saving a tool/);
    assert.throws(() => console.save('unsafe', 'BEGIN { system("id"); }', false), /unsafe/);
    assert.deepEqual(readdirSync(folder), ['forks.bt']);
  } finally {
    delete process.env.PEBBLE_TOOLS;
    rmSync(folder, { recursive: true });
  }
});

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo() && turn < 200; turn++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(isSo());
}
