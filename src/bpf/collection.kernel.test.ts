/** A whole way through the kernel: map, program, link, event, value. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { u64 } from '../base/record.ts';
import { aluImm, atomic, exit, loadReference } from './asm/index.ts';
import { loadCollection } from './collection.ts';
import type { CollectionSpec, LinkSpec, ProgramSpec } from './spec/index.ts';

const hits = { name: 'hits', type: 'array', value: u64, maxEntries: 1 } as const;

/** Adds 1 to the only value. */
const counter: ProgramSpec = {
  name: 'counter',
  kind: 'tracepoint',
  license: 'GPL',
  functions: [
    {
      name: 'counter',
      parameters: 1,
      insns: [
        loadReference(1, { kind: 'mapValue', map: 'hits', offset: 0 }),
        aluImm('mov', 2, 1),
        atomic('add', 'u64', 1, 0, 2),
        aluImm('mov', 0, 0),
        exit(),
      ],
    },
  ],
};
const stat: LinkSpec = { kind: 'tracepoint', program: 'counter', category: 'syscalls', event: 'sys_enter_statx' };
const spec: CollectionSpec = { maps: [hits], programs: [counter], links: [stat] };

const openFds = () => readdirSync('/proc/self/fd').length;

test('a tracepoint program counts the events of this process', async () => {
  using collection = await loadCollection(spec);
  const [link] = await collection.attachAll();
  assert.equal(link?.strategy, 'perf_link');
  for (let i = 0; i < 101; i++) statSync('/');
  const counted = collection.map(hits).get(0)!;
  assert.ok(counted >= 101n, `${counted} of 101`);
});

test('a failure on the way leaves nothing open', async () => {
  (await loadCollection(spec)).close();
  const before = openFds();
  await assert.rejects(loadCollection({ ...spec, programs: [counter, { ...counter, functions: [] }] }), {
    code: 'internal',
  });
  const collection = await loadCollection(spec);
  await collection.attachAll();
  await assert.rejects(collection.attach({ ...stat, event: 'sys_enter_nosuch' }), { code: 'no-target' });
  collection.close();
  assert.equal(openFds(), before);
});

test('a thousand times open and close leak no descriptor', async () => {
  (await loadCollection(spec)).close();
  const before = openFds();
  for (let i = 0; i < 1000; i++) (await loadCollection(spec)).close();
  assert.equal(openFds(), before);
});
