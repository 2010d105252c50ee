/** Kernels without kprobes: what a kprobe becomes there, and what is said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompileHost, compile } from '../index.ts';

const FORMAT =
  'name: sys_enter_read\nID: 1\nformat:\n\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n';
const without: CompileHost = {
  canHook: () => false,
  tracepointFormat: (_, event) => (event === 'sys_enter_read' || event === 'sys_exit_read' ? FORMAT : undefined),
};

function outcome(text: string, host: CompileHost = without) {
  const { script, diagnostics } = compile(text, { host });
  return {
    kinds: script?.collection.programs.map(({ kind }) => kind),
    names: script?.probes.map(({ name }) => name),
    said: diagnostics.map(({ message }) => message),
    hints: diagnostics.flatMap(({ hints }) => hints),
  };
}

test('a tracepoint of the same event takes the place of a kprobe that reads no arguments', () => {
  const { kinds, names, said } = outcome(
    'kprobe:vfs_read { @[probe] = count(); } kretprobe:vfs_read { @ends = count(); }',
  );
  assert.deepEqual(kinds, ['tracepoint', 'tracepoint']);
  assert.deepEqual(names, ['kprobe:vfs_read', 'kretprobe:vfs_read']);
  assert.deepEqual(said, [
    'this kernel has no kprobes: kprobe:vfs_read is tracepoint:syscalls:sys_enter_read (read() alone) here',
    'this kernel has no kprobes: kretprobe:vfs_read is tracepoint:syscalls:sys_exit_read (read() alone) here',
  ]);
});

test('what needs the arguments, or has no equivalent, is refused with the reason', () => {
  const reads = outcome('kprobe:vfs_read { @[arg0] = count(); }');
  assert.equal(reads.kinds, undefined);
  assert.match(reads.hints[0]!, /no kprobes .*where arg0 comes from: tracepoint:syscalls:sys_enter_read tells/);
  assert.match(outcome('kprobe:nothing_known { @ = count(); }').hints[0]!, /no kprobes .*pebble trace -l/);
  assert.deepEqual(outcome('config = { missing_probes = ignore } kprobe:nothing_known { @ = 1; } BEGIN { }').names, [
    'kprobe:nothing_known',
    'begin',
  ]);
});

test('kernels with kprobes have them', () => {
  const { kinds, said } = outcome('kprobe:vfs_read { @[arg0] = count(); }', { canHook: () => true });
  assert.deepEqual(kinds, ['kprobe']);
  assert.deepEqual(said, []);
});
