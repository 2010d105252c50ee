/** dw_ustack() on programs without frame pointers whose chain of calls is known: started before, and children that come later. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadCollection } from '../bpf/index.ts';
import { compile } from '../lang/index.ts';
import { machineHost } from './host/index.ts';
import { trace } from './library.ts';
import { UnwindMaps } from './unwind-maps.ts';

const isRoot = process.getuid?.() === 0;
const hasCompiler = spawnSync('cc', ['--version']).status === 0;
const skip = !isRoot
  ? 'tracing needs root'
  : !hasCompiler
    ? 'no C compiler is installed'
    : process.arch !== 'x64'
      ? 'dw_ustack() is of x86-64'
      : false;
/** CONFIG_PROC_CHILDREN: where children are found. */
const hasChildren = existsSync('/proc/thread-self/children');
const directory = mkdtempSync(join(tmpdir(), 'pebble-tables-'));
after(() => rmSync(directory, { recursive: true }));

/** Through the C library, a frame whose size is known at run time only, and a child that has no call of its own to fork. */
const PROGRAM = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#define OWN __attribute__((noinline, noclone, noipa))
static volatile long sum, calls;
OWN void innermost(long n) { syscall(SYS_getppid); calls++; sum += n; }
OWN void inner(long n) { volatile char room[64] = { 0 }; innermost(n + room[1]); sum++; }
OWN void varying(long n) { volatile char room[n]; room[n - 1] = 1; inner(n); sum += room[n - 1]; }
OWN int compare(const void *a, const void *b) { varying(100); return *(const int *)a - *(const int *)b; }
OWN void outer(void) { int numbers[] = { 3, 1, 2 }; qsort(numbers, 3, sizeof(int), compare); sum += numbers[0]; }
OWN void rounds(long n) { for (long i = 0; i < n; i++) outer(); sum++; }
int main(void) {
  puts("ready");
  fflush(stdout);
  getchar();
  rounds(1009);
  printf("%ld\\n", calls);
  fflush(stdout);
  getchar();
  if (fork() == 0) {
    for (;;) { rounds(1); usleep(1000); }
  }
  wait(0);
  return 0;
}`;

/** The frames of our own functions in this order; between compare and outer are those of qsort. */
const INNER = ['innermost', 'inner', 'varying', 'compare'];
const OUTER = ['outer', 'rounds', 'main'];
const functionsOf = (stack: string): string[] =>
  stack
    .split('\n')
    .map((line) => line.trim().replace(/\+\d+.*$/, ''))
    .filter((name) => name !== '');

function isWhole(stack: string): boolean {
  const names = functionsOf(stack);
  const at = names.indexOf('outer');
  return INNER.every((name, i) => names[i] === name) && at > 0 && OUTER.every((name, i) => names[at + i] === name);
}

test('stacks of code without frame pointers are whole, those of later children, too', { skip }, async () => {
  const path = join(directory, 'calls');
  writeFileSync(`${path}.c`, PROGRAM);
  execFileSync('cc', ['-O2', '-fomit-frame-pointer', '-o', path, `${path}.c`]);
  const program = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  await once(program.stdout, 'data');
  const said = once(program.stdout, 'data');
  const run = trace(
    `config = { unstable_dw_ustack=enable }
     uprobe:${path}:innermost /pid == ${program.pid}/ { @entered[dw_ustack()] = count(); }
     tracepoint:syscalls:sys_enter_getppid /pid == ${program.pid}/ { @called[dw_ustack(perf, 64)] = count(); @few[dw_ustack(3)] = count(); }
     uprobe:${path}:innermost /ppid == ${program.pid}/ { @child[dw_ustack()] = count(); }`,
    { dwarfPids: [program.pid!] },
  );
  const rows = (name: string) =>
    run
      .snapshot()
      .filter((map) => map.name === name)
      .flatMap((map) => map.rows.map(({ key, value }) => [String(key), Number(value)] as const));
  const sum = (of: readonly (readonly [string, number])[]) => of.reduce((total, [, count]) => total + count, 0);
  let checked = false;
  try {
    for await (const event of run) {
      if (event.kind !== 'attached') continue;
      program.stdin.write('\n');
      const calls = Number(String((await said)[0]));
      assert.ok(calls >= 2 * 1009);
      const [entered, called, few] = [rows('@entered'), rows('@called'), rows('@few')];
      assert.deepEqual([sum(entered), sum(called), sum(few)], [calls, calls, calls]);
      for (const [stack] of entered) assert.ok(isWhole(stack), stack);
      // The innermost frame is the C library's syscall(), in the mode perf behind its address.
      for (const [stack] of called)
        assert.ok(isWhole(stack.replace(/^\s*\S+ .*\n/, '').replace(/^\s*[0-9a-f]+ /gm, '')), stack);
      for (const [stack] of few) assert.equal(functionsOf(stack).length, 3);
      program.stdin.write('\n');
      while (hasChildren && !rows('@child').some(([stack]) => isWhole(stack)))
        await new Promise((next) => setTimeout(next, 20));
      checked = true;
      break;
    }
  } finally {
    process.kill(-program.pid!, 'SIGKILL');
  }
  assert.ok(checked);
});

test('of more children than have room, the tables of most are there, and it is said', { skip }, async (t) => {
  if (!hasChildren) return t.skip('this kernel has no list of children (CONFIG_PROC_CHILDREN)');
  const many = 'i=0; while [ $i -lt 1100 ]; do sleep 300 & i=$((i+1)); done; echo ready; wait';
  const parent = spawn('sh', ['-c', many], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  try {
    await once(parent.stdout, 'data');
    const text = 'config = { unstable_dw_ustack=enable } begin { exit(); } profile:hz:9 { @[dw_ustack()] = count(); }';
    const said = [];
    for await (const event of trace(text, { dwarfPids: [parent.pid!] }))
      if (event.kind === 'trouble') said.push(event.message);
    assert.match(said.join('\n'), /there are 1101 processes: dw_ustack\(\) walks 1024/);
  } finally {
    process.kill(-parent.pid!, 'SIGKILL');
  }
});

test('a look that fails while it runs is told once, and ends nothing', { skip }, async (t) => {
  if (!hasChildren) return t.skip('this kernel has no list of children (CONFIG_PROC_CHILDREN)');
  const text = 'config = { unstable_dw_ustack=enable } profile:hz:9 { @[dw_ustack()] = count(); }';
  const { script } = compile(text, { host: machineHost() });
  const said: string[] = [];
  const collection = await loadCollection(script!.collection);
  const maps = new UnwindMaps(collection, [process.pid], (warning) => said.push(warning));
  // Nothing can be put into a map that is closed, and each new child is to be.
  collection.close();
  maps.watch();
  const children = [1, 2].map(() => spawn('sleep', ['300']));
  try {
    for (const until = Date.now() + 30_000; said.length === 0 && Date.now() < until; ) await sleep(20);
    await sleep(300);
    assert.equal(said.length, 1, said.join('\n'));
    assert.match(said[0]!, /^dw_ustack\(\) could not look at all processes again: /);
  } finally {
    maps.close();
    for (const child of children) child.kill('SIGKILL');
  }
});

test('without a process the tables are missed before anything runs', { skip }, async () => {
  const run = trace('config = { unstable_dw_ustack=enable } profile:hz:9 { @[dw_ustack()] = count(); }');
  await assert.rejects(run.ended, /dw_ustack\(\) has to know whose unwind tables it needs: give -p PID/);
});
