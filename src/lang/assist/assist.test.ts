/** Completions at the bar in the text, and places of diagnostics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompileHost, TargetProvider } from '../host.ts';
import { complete, diagnose } from './index.ts';

const TOY: TargetProvider = {
  name: 'toy',
  fields: [{ name: 'answer', type: 'uint64', doc: 'The answer.' }],
  probes: [{ name: 'asked', doc: 'Somebody asks.', arguments: [{ name: 'who', type: 'string', doc: 'Who.' }] }],
  library: () => assert.fail('completion looks for nothing'),
};

const HOST: CompileHost = {
  target: TOY,
  tracepoints: () => ['sched:sched_switch', 'sched:sched_wakeup', 'syscalls:sys_enter_read'],
  kernelFunctions: () => ['vfs_read', 'vfs_write'],
  tracepointFormat: (category, event) =>
    `${category}:${event}` === 'syscalls:sys_enter_read'
      ? 'name: sys_enter_read\nID: 1\nformat:\n\tfield:int nr;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:u64 count;\toffset:16;\tsize:8;\tsigned:0;\n'
      : undefined,
};

function at(marked: string): string[] {
  const offset = marked.indexOf('|');
  const { items, from } = complete(marked.replace('|', ''), offset, HOST);
  const written = marked.slice(from, offset);
  assert.ok(items.every(({ label }) => label.startsWith(written)));
  return items.map(({ label }) => label);
}

test('probes: the kind, then its names', () => {
  assert.deepEqual(at('tra|'), ['tracepoint:']);
  assert.deepEqual(at('tracepoint:sched:|'), ['sched:sched_switch', 'sched:sched_wakeup']);
  assert.deepEqual(at('BEGIN { exit(); } k:vfs_w|'), ['vfs_write']);
  assert.deepEqual(at('toy:|'), ['asked']);
});

test('bodies: builtins, functions, macros, and what the script names', () => {
  assert.deepEqual(at('BEGIN { $started = 1; @starts = st| }').toSorted(), [
    'static_assert',
    'stats',
    'str',
    'strcap',
    'strcontains',
    'strerror',
    'strftime',
    'strlen',
    'strncmp',
    'strstr',
  ]);
  assert.deepEqual(at('BEGIN { $started = 1; $st| }'), ['$started', '$st']);
  assert.deepEqual(at('fn twice($x : int64) : int64 { return $x * 2; } BEGIN { tw| }'), ['twice']);
  assert.deepEqual(at('tracepoint:sched:sched_switch /pi|'), ['pid']);
});

test('fields of the target and of args', () => {
  assert.deepEqual(at('BEGIN { print(toy.|) }'), ['answer']);
  assert.deepEqual(at('toy:asked { print(args.|) }'), ['who']);
  assert.deepEqual(at('BEGIN { exit(); } tracepoint:syscalls:sys_enter_read /args.c|'), ['count']);
});

test('nothing in texts and comments', () => {
  assert.deepEqual(at('BEGIN { printf("st|'), []);
  assert.deepEqual(at('BEGIN { // st|'), []);
});

test('diagnostics have their place in the text', () => {
  const text = 'BEGIN { print(1); print(nosuch); }';
  const [found] = diagnose(text);
  assert.equal(text.slice(found!.from, found!.to), 'nosuch');
  assert.deepEqual([found!.severity, diagnose('BEGIN { print(1); }')], ['error', []]);
});
