import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readMaps } from './maps.ts';
import { UserSymbols } from './user.ts';

const skip = spawnSync('cc', ['--version']).status === 0 ? false : 'no C compiler is installed';
const directory = mkdtempSync(join(tmpdir(), 'pebble-symbols-'));
const children: ChildProcess[] = [];

after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Prints addresses that it knows itself: an exported and a static function, one of libc, one of a fake compiler. */
const SOURCE = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
__attribute__((noinline)) int exported(int x) { return x * 3; }
static __attribute__((noinline)) int hidden(int x) { return x * 5 + getpid(); }
int main(void) {
  char *code = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
  FILE *map = fopen(path, "w");
  fprintf(map, "%lx 40 compiled\\n", (long)code);
  fclose(map);
  printf("%p %p %p %p %d\\n", (void *)exported, (void *)hidden, (void *)getenv, (void *)code, hidden(1));
  fflush(stdout);
  getchar();
  unlink(path);
  return 0;
}`;

async function start(path: string): Promise<{ child: ChildProcess; addresses: number[] }> {
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = await once(child.stdout!, 'data');
  return { child, addresses: String(line).split(' ').slice(0, 4).map(Number) };
}

function build(...options: string[]): string {
  const source = join(directory, 'program.c');
  const program = join(directory, `program${options.join('')}`);
  writeFileSync(source, SOURCE);
  execFileSync('cc', ['-O1', ...options, '-o', program, source]);
  return program;
}

async function stop(child: ChildProcess): Promise<void> {
  child.stdin!.end('\n');
  await once(child, 'exit');
}

test('functions of the program, of libc and of a just-in-time compiler are named', { skip }, async () => {
  for (const program of [build('-pie', '-fPIE'), build('-no-pie')]) {
    const { child, addresses } = await start(program);
    const [exported = 0, hidden = 0, libc = 0, compiled = 0] = addresses;
    const symbols = new UserSymbols();
    const locate = (address: number) => symbols.locate(child.pid!, address);
    const { address: first, ...place } = locate(exported + 1)!;
    assert.deepEqual(place, { symbol: 'exported', offset: 1, near: false, module: program });
    const { address: second, ...other } = locate(hidden)!;
    assert.deepEqual(other, { symbol: 'hidden', offset: 0, near: false, module: program });
    // As the file has them: moved as a whole, or not at all.
    assert.equal(first! - second!, exported + 1 - hidden);
    assert.equal(locate(libc)?.symbol, 'getenv');
    assert.match(locate(libc)?.module ?? '', /libc/);
    assert.deepEqual(locate(compiled + 3), { symbol: 'compiled', offset: 3, near: false, module: '' });
    assert.equal(locate(1), undefined);
    await stop(child);
  }
});

/** /proc/PID/map_files, where a deleted file still is, follows for CAP_SYS_ADMIN only. */
const skipDeleted = skip || (process.geteuid?.() !== 0 && 'reading a deleted file needs root');

test('a binary that was replaced, and a process that has ended, are still named', { skip: skipDeleted }, async () => {
  const program = join(directory, 'copy');
  copyFileSync(build('-pie', '-fPIE'), program);
  const { child, addresses } = await start(program);
  unlinkSync(program);
  copyFileSync(build('-no-pie'), program);
  const symbols = new UserSymbols();
  assert.equal(symbols.locate(child.pid!, addresses[1]!)?.symbol, 'hidden');
  await stop(child);
  assert.equal(symbols.locate(child.pid!, addresses[0]!)?.symbol, 'exported');
  assert.equal(new UserSymbols().locate(child.pid!, addresses[0]!), undefined);
});

test('a stripped binary names what it exports, and says so for the rest', { skip }, async () => {
  const program = build('-pie', '-fPIE', '-rdynamic', '-s');
  const { child, addresses } = await start(program);
  const place = new UserSymbols().locate(child.pid!, addresses[1]!);
  // `hidden` is not in .dynsym: the nearest exported name before it.
  assert.equal(place?.near, true);
  assert.equal(new UserSymbols().locate(child.pid!, addresses[0]!)?.symbol, 'exported');
  await stop(child);
});

test('the vdso is read from the process', { skip }, async () => {
  const vdso = readMaps(process.pid).find((mapping) => mapping.path === '[vdso]');
  if (vdso === undefined) return;
  const symbols = new UserSymbols();
  const names = new Set<string | undefined>();
  for (let address = vdso.start; address < vdso.end; address += 16)
    names.add(symbols.locate(process.pid, address)?.symbol);
  assert.ok(names.has('__vdso_clock_gettime') || names.has('__kernel_clock_gettime'), [...names].join());
});
