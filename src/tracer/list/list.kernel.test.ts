/** Listings of this machine. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasKernelBtf } from '../../bpf/btf/index.ts';
import { machineHost } from '../host/index.ts';
import { list } from './index.ts';

const noBtf = !hasKernelBtf() && 'this kernel has no BTF';
const host = machineHost();
const lines = (pattern: string, verbose = false) => list(pattern, { host, verbose, ofProcess: false });

test('patterns: kind, alias, category, part of a name', () => {
  assert.ok(lines('tracepoint:raw_syscalls:*').includes('tracepoint:raw_syscalls:sys_exit'));
  assert.deepEqual(lines('t:sched:sched_switch'), ['tracepoint:sched:sched_switch']);
  assert.ok(lines('*sched_swi*').includes('tracepoint:sched:sched_switch'));
  assert.ok(lines('*ware:*').includes('software:cpu:'));
  assert.deepEqual(lines('interval:*'), ['interval:hz:', 'interval:ms:', 'interval:s:', 'interval:us:']);
  assert.ok(lines('iter:*').includes('iter:task'));
  assert.ok(lines('uprobe:libc:mallo*').some((line) => /^uprobe:.*libc\.so\.6:malloc$/.test(line)));
  assert.deepEqual(lines('nothing:*'), []);
});

test('arguments and types in C', () => {
  assert.deepEqual(lines('tracepoint:sched:sched_process_free', true).slice(0, 2), [
    'tracepoint:sched:sched_process_free',
    ...lines('tracepoint:sched:sched_process_free', true).slice(1, 2),
  ]);
  const skb = lines('rawtracepoint:consume_skb', true);
  assert.equal(skb[0], 'rawtracepoint:vmlinux:consume_skb');
  assert.match(skb[1]!, /^ {4}struct sk_buff \*/);
  assert.deepEqual(lines('struct list_head'), ['struct list_head']);
  assert.deepEqual(lines('struct list_head', true), [
    'struct list_head {\n\tstruct list_head *next;\n\tstruct list_head *prev;\n};\n',
  ]);
  assert.match(lines('struct task_struct', true)[0]!, /^struct task_struct \{\n\tstruct thread_info thread_info;\n/);
});

test('functions of the kernel, with their types, by a list of those that can be traced', { skip: noBtf }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'pebble-list-'));
  const traceableFunctions = join(directory, 'functions');
  writeFileSync(traceableFunctions, 'vfs_write\nvfs_read\nno_function_of_btf\nother [no_module]\n');
  const listed = machineHost({ traceableFunctions });
  const of = (pattern: string, verbose = false) => list(pattern, { host: listed, verbose, ofProcess: false });
  assert.deepEqual(of('kprobe:*f*_*'), ['kprobe:no_function_of_btf', 'kprobe:vfs_read', 'kprobe:vfs_write']);
  assert.deepEqual(of('fentry:vfs_*'), ['fentry:vmlinux:vfs_read', 'fentry:vmlinux:vfs_write']);
  const [name, ...parameters] = of('fexit:vmlinux:vfs_read', true);
  assert.equal(name, 'fexit:vmlinux:vfs_read');
  assert.deepEqual([parameters[0], parameters.at(-1)], ['    struct file * file', '    ssize_t retval']);
  rmSync(directory, { recursive: true });
});
