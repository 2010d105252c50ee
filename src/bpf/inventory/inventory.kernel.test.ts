/** What is loaded is listed, with who holds it; what is pinned is found where a bpf file system is mounted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { aluImm, exit } from '../asm/index.ts';
import { loadProgram } from '../programs/index.ts';
import { loadCounter } from '../testing/counter.ts';
import { heldBy, isInKernel, listHolders, listObjects, listPins, listProgramEntries } from './index.ts';

test('a program, its map and this process that holds them', async () => {
  const counter = await loadCounter({ kind: 'raw_tracepoint' });
  const { id } = counter.program.info();
  const own = listObjects().find((object) => object.kind === 'program' && object.id === id);
  assert.ok(own);
  assert.equal(own.name, counter.program.name);
  assert.equal(own.keeps.length, 1);
  assert.ok(heldBy('self').some((held) => held.kind === 'program' && held.id === id));
  assert.ok(
    listHolders()
      .get(process.pid)
      ?.some((held) => held.kind === 'map' && held.id === own.keeps[0]),
  );
  counter[Symbol.dispose]();
  assert.equal(isInKernel('program', id), false);
});

test('a program by the name of its first function, for others to be hooked to it', async () => {
  const functions = [{ name: 'main', parameters: 1, insns: [aluImm('mov', 0, 0), exit()] }];
  const entryName = `interval_us_100000_${process.pid}`;
  const loaded = await loadProgram({ name: 'p0', entryName, kind: 'perf_event', license: 'GPL', functions });
  const { id } = loaded.info();
  const found = listProgramEntries().filter(({ name }) => name === entryName);
  loaded.close();
  assert.deepEqual(found, [{ id, name: entryName }]);
});

test('a pin', async (t) => {
  const folder = mkdtempSync('/tmp/pebble pins ');
  execFileSync('mount', ['-t', 'bpf', 'bpf', folder]);
  t.after(() => {
    execFileSync('umount', [folder]);
    rmdirSync(folder);
  });
  const counter = await loadCounter({ kind: 'raw_tracepoint' });
  const { id } = counter.program.info();
  counter.program.pin(`${folder}/counter`);
  const pins = listPins().filter(({ path }) => path.startsWith(folder));
  assert.deepEqual(pins, [{ path: `${folder}/counter`, held: [{ kind: 'program', id }] }]);
  counter[Symbol.dispose]();
  assert.equal(isInKernel('program', id), true, 'the pin keeps it');
  rmSync(`${folder}/counter`);
});
