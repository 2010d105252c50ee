/** Stacks of programs whose chain of calls is known. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Stack, shareOf, stacksOf } from './testing/samples.ts';

const skip = spawnSync('cc', ['--version']).status === 0 ? false : 'no C compiler is installed';
const directory = mkdtempSync(join(tmpdir(), 'pebble-unwind-'));
const children: ChildProcess[] = [];

after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Calls back, with saved registers and room on the stack of its own. */
const LIBRARY = `
__attribute__((noinline)) double through_library(int depth, double (*callback)(int)) {
  volatile char room[200] = { 0 };
  if (depth > 0) return through_library(depth - 1, callback) + room[depth];
  return callback(depth) + room[1];
}`;

const PROGRAM = `
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#define OWN __attribute__((noinline, noclone, noipa))
double through_library(int depth, double (*callback)(int));
static char other_stack[65536];
OWN double spin(long n) { volatile double x = 1; for (long i = 0; i < n; i++) x = x * 1.0000001 + i; return x; }
OWN double work(int x) { volatile char room[48] = { 0 }; return spin(20000000 + x) + room[7]; }
double recurse(int depth);
static double (*volatile again)(int) = recurse;
OWN double recurse(int depth) { volatile char room[32] = { 0 }; return (depth ? again(depth - 1) : work(1)) + room[1]; }
OWN double varying(int n) { volatile char room[n]; memset((char *)room, 0, n); return work(n) + room[n / 2]; }
static volatile double sum;
OWN void on_signal(int number) { sum += spin(20000000 + number); }
OWN double interrupted(void) { volatile double x = 1; for (;;) x = x * 1.0000001; return x; }
OWN void *in_thread(void *argument) { for (;;) work(3); return argument; }
OWN void ask_the_clock(void) { struct timespec now; for (;;) { clock_gettime(CLOCK_MONOTONIC, &now); sum += now.tv_nsec; } }
OWN void take_signals(int flags) {
  stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof other_stack };
  sigaltstack(&stack, 0);
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
  sigaction(SIGALRM, &action, 0);
  struct itimerval soon = { { 0, 1000 }, { 0, 1000 } };
  setitimer(ITIMER_REAL, &soon, 0);
  interrupted();
}
int main(int argc, char **argv) {
  const char *what = argv[1];
  pthread_t thread;
  for (;;) {
    if (!strcmp(what, "recurse")) recurse(60);
    if (!strcmp(what, "library")) through_library(5, work);
    if (!strcmp(what, "varying")) varying(777);
    if (!strcmp(what, "signal")) take_signals(0);
    if (!strcmp(what, "altstack")) take_signals(SA_ONSTACK);
    if (!strcmp(what, "clock")) ask_the_clock();
    if (!strcmp(what, "deep")) recurse(800);
    if (!strcmp(what, "thread")) { pthread_create(&thread, 0, in_thread, 0); pthread_join(thread, 0); }
  }
}`;

let program: string | undefined;

function build(): string {
  if (program !== undefined) return program;
  writeFileSync(join(directory, 'library.c'), LIBRARY);
  writeFileSync(join(directory, 'program.c'), PROGRAM);
  const cc = (...options: string[]) =>
    execFileSync('cc', ['-O2', '-fomit-frame-pointer', ...options], { cwd: directory });
  cc('-shared', '-fPIC', '-o', 'liblibrary.so', 'library.c');
  cc('-o', 'program', 'program.c', '-L.', '-llibrary', '-lpthread', '-Wl,-rpath,$ORIGIN');
  program = join(directory, 'program');
  return program;
}

async function run(what: string): Promise<number> {
  const child = spawn(build(), [what], { stdio: 'ignore' });
  children.push(child);
  await sleep(50);
  return child.pid!;
}

/** What lies below main differs between C libraries. */
const chain = ({ names }: Stack): string => names.slice(0, names.indexOf('main') + 1).join(' ');

async function sample(what: string, tidOf = (pid: number) => pid): Promise<Stack[]> {
  const pid = await run(what);
  try {
    return await stacksOf(tidOf(pid), 300);
  } finally {
    process.kill(pid, 'SIGKILL');
  }
}

/** All but a sample in a hundred, taken between two rounds. */
function assertMostly(stacks: readonly Stack[], expected: RegExp): void {
  const other = stacks.filter((stack) => !expected.test(chain(stack)));
  assert.ok(other.length <= stacks.length / 100, `${other.length} of ${stacks.length}: ${other[0] && chain(other[0])}`);
}

const CALLS = {
  recurse: /^spin work (recurse ){61}main$/,
  library: /^spin work (through_library ){6}main$/,
  varying: /^spin work varying main$/,
} as const;

for (const [what, expected] of Object.entries(CALLS)) {
  test(`every frame without a frame pointer: ${what}`, { skip }, async () => {
    const stacks = await sample(what);
    assert.ok(stacks.length >= 300, `${stacks.length} samples`);
    assert.equal(shareOf(stacks, 'root'), 1);
    assert.equal(stacks.at(0)?.names.at(-1), '_start');
    assert.ok(stacks.every(({ guessed }) => guessed === 0));
    assertMostly(stacks, expected);
  });
}

test('from a signal handler to what it interrupted', { skip }, async () => {
  const stacks = await sample('signal');
  assert.equal(shareOf(stacks, 'root'), 1);
  assertMostly(stacks, /^(spin on_signal __restore_rt )?interrupted take_signals main$/);
  assert.ok(stacks.some((stack) => stack.names[0] === 'spin'));
});

test('a handler with a stack of its own hides what it interrupted, and the walk says so', { skip }, async () => {
  const stacks = await sample('altstack');
  const inHandler = stacks.filter(({ names }) => names[0] === 'spin');
  assert.ok(inHandler.length > 200, `${inHandler.length} samples`);
  assert.equal(shareOf(inHandler, 'truncated'), 1);
  for (const { names } of inHandler) assert.deepEqual(names, ['spin', 'on_signal', '__restore_rt', 'interrupted']);
});

test('through the vdso, the C library and the table that links them', { skip }, async () => {
  const stacks = await sample('clock');
  assert.equal(shareOf(stacks, 'root'), 1);
  assertMostly(stacks, /(^| )ask_the_clock main$/);
  assert.ok(stacks.some(({ names }) => names.length > 5 && names[0] !== 'ask_the_clock'));
});

test('a thread starts at clone', { skip }, async () => {
  const second = (pid: number) => Number(readdirSync(`/proc/${pid}/task`).find((tid) => Number(tid) !== pid));
  const stacks = await sample('thread', second);
  assert.equal(shareOf(stacks, 'root'), 1);
  for (const { names } of stacks.slice(0, 10)) assert.deepEqual(names.slice(0, 3), ['spin', 'work', 'in_thread']);
});

test('a stack that is deeper than its copy is truncated', { skip }, async () => {
  const stacks = await sample('deep');
  assert.equal(shareOf(stacks, 'truncated'), 1);
  assert.ok(stacks.every(({ names }) => names.slice(2).every((name) => name === 'recurse') && names.length > 100));
});
