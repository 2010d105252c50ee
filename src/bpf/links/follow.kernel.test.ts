/** Probes on a file: through a name that gets another file, through /proc of a process, in another mount namespace. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildId, Elf } from '../elf/index.ts';
import { filesWithBuildId } from '../symbols/index.ts';
import { loadCounter } from '../testing/counter.ts';
import { follow } from './follow.ts';
import { attach } from './index.ts';

const TRUE = realpathSync('/bin/true');
const SLEEP = realpathSync('/bin/sleep');
// Copies keep their names: where all programs are one (busybox), the name says which is meant.

/** Its first instruction: runs once a process. */
function entryOf(binary: string) {
  const elf = Elf.open(binary);
  try {
    return {
      kind: 'uprobe',
      program: 'count',
      at: { binary, address: BigInt(elf.header.entry) },
      atReturn: false,
    } as const;
  } finally {
    elf.close();
  }
}

function directory(t: { after(body: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'pebble-follow-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const runs = (binary: string, times: number) => {
  for (let i = 0; i < times; i++) execFileSync(binary);
};

test('a replaced binary is attached to again', async (t) => {
  const binary = join(directory(t), 'true');
  copyFileSync(TRUE, binary);
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  const followed = await follow(entryOf(binary), counter.program);
  runs(binary, 3);
  assert.equal(counter.count(), 3n);
  assert.equal(await followed.check(), false);
  copyFileSync(TRUE, `${binary}.new`);
  renameSync(`${binary}.new`, binary);
  assert.equal(await followed.check(), true);
  runs(binary, 5);
  assert.equal(counter.count(), 8n);
  assert.equal(followed.links.length, 2);
  followed.close();
  runs(binary, 1);
  assert.equal(counter.count(), 8n);
});

test('a process whose binary is gone can be probed through /proc, and is found by its build id', async (t) => {
  const binary = join(directory(t), 'sleep');
  copyFileSync(SLEEP, binary);
  const child = spawn(binary, ['60']);
  await once(child, 'spawn');
  rmSync(binary);
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  const exe = `/proc/${child.pid}/exe`;
  const link = await attach(entryOf(exe), counter.program);
  assert.equal(spawnSync(exe, ['0'], { argv0: 'sleep' }).status, 0);
  assert.equal(counter.count(), 1n);
  link.close();
  const elf = Elf.open(exe);
  const id = buildId(elf);
  elf.close();
  if (id !== undefined) {
    const found = filesWithBuildId(id).find(({ pids }) => pids.includes(child.pid!))!;
    const again = await attach(entryOf(found.path), counter.program);
    assert.equal(spawnSync(exe, ['0'], { argv0: 'sleep' }).status, 0);
    assert.equal(counter.count(), 2n);
    again.close();
  }
  child.kill();
});

test('a binary in another mount namespace is reached through its root', async (t) => {
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return t.skip('no mount namespaces here');
  const path = directory(t);
  // Only that process sees the file.
  const inside = `mount -t tmpfs none ${path} && cp ${TRUE} ${path}/true && echo ready && read line && ${path}/true && echo ran`;
  const child = spawn('unshare', ['-m', 'sh', '-c', inside], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  using counter = await loadCounter({ kind: 'uprobe_multi' });
  const link = await attach(entryOf(`/proc/${child.pid}/root${path}/true`), counter.program);
  child.stdin.write('go\n');
  await once(child, 'exit');
  assert.equal(counter.count(), 1n);
  link.close();
});
