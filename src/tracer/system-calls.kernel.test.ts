/** Many tracepoints of system calls are one program, which counts what their links would: each call by its name, no other. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compile } from '../lang/index.ts';
import { machineHost } from './host/index.ts';
import { trace } from './library.ts';

const skip = process.getuid?.() === 0 ? false : 'tracing needs root';

const CALLS = ['getppid', 'getpgid', 'getsid', 'getpriority', 'setuid', 'umount', 'newuname', 'capget', 'semget'];
const points = (direction: string, calls = CALLS) =>
  calls.map((call) => `tracepoint:syscalls:sys_${direction}_${call}`).join(', ');

/** 1009 getppid, 503 getpriority, 7 fsync, and 211 getppid of i386, whose number is that of semget. */
const SOURCE = `
#include <unistd.h>
#include <sys/resource.h>
int main(void) {
  for (int i = 0; i < 1009; i++) getppid();
  for (int i = 0; i < 503; i++) getpriority(PRIO_PROCESS, 0);
  for (int i = 0; i < 7; i++) fsync(-1);
#ifdef __x86_64__
  for (int i = 0; i < 211; i++) {
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(64));
  }
#endif
  return 0;
}`;

test('one program counts each system call as the links of their tracepoints would', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pebble-calls-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, `calls${process.pid}`);
  writeFileSync(`${file}.c`, SOURCE);
  const compiler = spawnSync('gcc', ['-O1', '-o', file, `${file}.c`], { encoding: 'utf8' });
  if (compiler.error) return t.skip('no gcc');
  const isOurs = `comm == "calls${process.pid}"`;
  const filter = `/${isOurs}/`;
  const run = trace(
    `${points('enter')} ${filter} { @[probe] = count(); } ${points('exit')} ${filter} { @[probe] = count(); @all++; }`,
  );
  // Asks for what only the tracepoints themselves have.
  const links = trace(
    `${points('enter', ['getppid', 'semget'])}, ${points('exit', ['getpriority'])} /${isOurs} && args.__syscall_nr > 0/ { @[probe] = count(); }`,
  );
  for await (const one of run) {
    if (one.kind !== 'attached') continue;
    for await (const other of links) {
      if (other.kind !== 'attached') continue;
      assert.ok(spawnSync(file).pid > 0);
      const counts = (of: typeof run) =>
        Object.fromEntries(of.snapshot()[0]!.rows.map(({ key, value }) => [String(key).slice(20), Number(value)]));
      assert.deepEqual(counts(run), {
        sys_enter_getppid: 1009,
        sys_exit_getppid: 1009,
        sys_enter_getpriority: 503,
        sys_exit_getpriority: 503,
      });
      assert.deepEqual(counts(links), { sys_enter_getppid: 1009, sys_exit_getpriority: 503 });
      break;
    }
    break;
  }
});

test('every tracepoint of a system call has its place in one program', { skip }, () => {
  const { script } = compile('tracepoint:syscalls:sys_enter_* { @[probe] = count(); }', { host: machineHost() });
  assert.ok(script!.probes.length > 200);
  assert.deepEqual(
    script!.probes.filter(({ through }) => through !== 'tp_btf:sys_enter').map(({ name }) => name),
    [],
  );
  assert.equal(script!.collection.links.length, 1);
});

const linksOf = (text: string, isFiltered = false): Set<string> =>
  new Set(
    compile(text, { host: machineHost(), ...(isFiltered && { isWanted: () => true }) }).script!.collection.links.map(
      ({ kind }) => kind,
    ),
  );

test('what asks for the tracepoint itself, few calls, and calls that are traced in both ways keep their links', {
  skip,
}, () => {
  const all = points('enter');
  assert.deepEqual(linksOf(`${all} { @ = count(); }`), new Set(['tracing']));
  assert.deepEqual(linksOf(`${all} { @[args.__syscall_nr] = count(); }`), new Set(['tracepoint']));
  assert.deepEqual(linksOf(`${all} { @[kstack] = count(); }`), new Set(['tracepoint']));
  assert.deepEqual(linksOf(`${points('enter', CALLS.slice(0, 7))} { @ = count(); }`), new Set(['tracepoint']));
  assert.deepEqual(linksOf(`${all}, ${points('enter', ['getppid'])} { @ = count(); }`), new Set(['tracepoint']));
  assert.deepEqual(
    linksOf(`${all} { @ = count(); } ${points('enter', ['getppid'])} { @x = args.__syscall_nr; }`),
    new Set(['tracepoint']),
  );
  assert.deepEqual(linksOf(`${all} { @ = count(); }`, true), new Set(['tracepoint']));
});
