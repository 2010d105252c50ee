/** The answers of a real machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../lang/index.ts';
import { EQUIVALENTS } from '../../lang/probes/equivalents.ts';
import { machineHost } from './index.ts';
import { findLibrary } from './libraries.ts';

const host = machineHost();

test('tracepoints are listed and described', () => {
  assert.ok(host.tracepoints!().includes('sched:sched_switch'));
  assert.match(host.tracepointFormat!('sched', 'sched_switch')!, /field:pid_t prev_pid;/);
  assert.equal(host.tracepointFormat!('sched', 'no_such'), undefined);
});

test('binaries are found by path, on $PATH, as libraries and by pattern', () => {
  assert.deepEqual(host.binaries!('/bin/sh'), ['/bin/sh']);
  assert.ok(host.binaries!('sh').some((path) => path.endsWith('/sh')));
  assert.match(host.binaries!('libc')[0]!, /\/libc\.so\.6$/);
  assert.equal(findLibrary('libc.so.6'), host.binaries!('libc')[0]);
  assert.ok(host.binaries!('/bin/s?').includes('/bin/sh'));
  assert.deepEqual(host.binaries!('/etc/passwd'), []);
  assert.ok(host.binaries!('*').includes(process.execPath));
});

test('functions and data of a library', () => {
  const [libc] = host.binaries!('libc');
  const malloc = host.userFunctions!(libc!).find(({ name }) => name === 'malloc');
  assert.ok(malloc && malloc.fileOffset > 0n && malloc.size > 0);
  assert.equal(host.userSymbol!(libc!, 'stdout')?.size, 8);
  assert.equal(host.userSymbol!(libc!, 'no such symbol'), undefined);
});

test('what a traced process maps is found through its pid', () => {
  assert.ok(machineHost({ pid: process.pid }).binaries!('*').includes(process.execPath));
});

test('where there is fentry, it takes the place of kprobes, arguments and all', {
  skip: host.kernelBtf!() === undefined && 'no BTF',
}, () => {
  const text = 'kprobe:vfs_read { @[arg2, func] = count(); } kretprobe:vfs_read { @bytes = sum(retval); }';
  const { script, diagnostics } = compile(text, { host: { ...host, canHook: (way) => way === 'fentry' } });
  assert.deepEqual(
    script?.collection.programs.map(({ kind, attachTo }) => [kind, attachTo]),
    [
      ['fentry', 'vfs_read'],
      ['fexit', 'vfs_read'],
    ],
  );
  assert.match(diagnostics[0]!.message, /kprobe:vfs_read is fentry:vfs_read here/);
});

test('tracepoints that stand in for kernel functions exist', {
  skip: host.tracepoints!().length === 0 && 'no tracefs',
}, () => {
  const known = new Set(host.tracepoints!());
  // Added with Linux 6.14.
  const missing = Object.values(EQUIVALENTS)
    .map(({ event }) => event)
    .filter((event) => !known.has(event) && event !== 'capability:cap_capable');
  assert.deepEqual(missing, []);
});
