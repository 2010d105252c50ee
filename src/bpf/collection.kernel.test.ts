/** A whole way through the kernel: map, program, link, event, value. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { i32, record, u64 } from '../base/record.ts';
import { aluImm, atomic, exit, loadReference } from './asm/index.ts';
import { BtfBuilder } from './btf/index.ts';
import { loadCollection } from './collection.ts';
import { KernelTypes } from './collection-btf.ts';
import { hasFeature } from './features/index.ts';
import { createMap } from './maps/index.ts';
import type { CollectionSpec, LinkSpec, ProgramSpec } from './spec/index.ts';
import { closeFd, ENOENT, fdById, must } from './sys/index.ts';

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

/** Another process: attaches, tells the ids of its program and map, and waits. */
const OWNER = `
  const { loadCollection } = await import(${JSON.stringify(new URL('./collection.ts', import.meta.url).href)});
  const collection = await loadCollection(${JSON.stringify(spec, (_, value) => (typeof value === 'bigint' ? Number(value) : value))});
  await collection.attachAll();
  console.log(JSON.stringify({ program: collection.program('counter').info().id, map: collection.map('hits').info().id }));
  setInterval(() => {}, 1000);
`;

const moduleUrl = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** In a process that sees no types of the kernel: what works all the same, and what is said about the rest. */
const WITHOUT_BTF = `
  const { loadCollection } = await import(${moduleUrl('./collection.ts')});
  const { hasKernelBtf } = await import(${moduleUrl('./btf/index.ts')});
  const { statSync } = await import('node:fs');
  const spec = ${JSON.stringify(spec, (_, value) => (typeof value === 'bigint' ? Number(value) : value))};
  spec.links.push({ kind: 'uprobe', program: 'counter2', at: { binary: process.execPath, symbol: 'main' }, atReturn: false });
  spec.programs.push({ ...spec.programs[0], name: 'counter2', kind: 'kprobe' });
  const collection = await loadCollection(spec);
  await collection.attachAll();
  for (let i = 0; i < 101; i++) statSync('/');
  const counted = Number(collection.map('hits').get(0));
  collection.close();
  const typed = { ...spec.programs[0], kind: 'tp_btf', attachTo: 'sys_enter' };
  const said = await loadCollection({ maps: spec.maps, programs: [typed], links: [] }).catch(({ message }) => message);
  console.log(JSON.stringify({ btf: hasKernelBtf(), counted, said }));
`;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use after a collection, and resident ones. */
function memory(): { readonly used: number; readonly rss: number } {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
}

const openFds = () => readdirSync('/proc/self/fd').length;

test('a tracepoint program counts the events of this process', async () => {
  using collection = await loadCollection(spec);
  const [link] = await collection.attachAll();
  assert.equal(link?.strategy, (await hasFeature('perf_link')) ? 'perf_link' : 'ioctl');
  for (let i = 0; i < 101; i++) statSync('/');
  const counted = collection.map(hits).get(0)!;
  assert.ok(counted >= 101n, `${counted} of 101`);
});

test('without BTF: tracepoints and uprobes work, typed programs say what they lack', (t) => {
  const hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@"';
  const node = [process.execPath, '--input-type=module', '-e', WITHOUT_BTF];
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', hide, ...node], { encoding: 'utf8' });
  if (status !== 0 && /unshare|mount/.test(stderr)) return t.skip(`no mount namespaces here: ${stderr.split('\n')[0]}`);
  assert.equal(status, 0, stderr);
  const { btf, counted, said } = JSON.parse(stdout) as { btf: boolean; counted: number; said: string };
  assert.equal(btf, false);
  assert.ok(counted >= 101, `${counted} of 101`);
  assert.match(said, /BTF/);
});

test('types that were built are loaded, and those that the kernel refuses have its reason', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, { signed: true });
  const pair = builder.struct('pair', 8, [
    { name: 'a', type: int, offsetBits: 0, bitSize: 0 },
    { name: 'b', type: int, offsetBits: 32, bitSize: 0 },
  ]);
  using types = KernelTypes.load(builder.build());
  const value = record('pair', { a: i32, b: i32 });
  const map = createMap(
    { name: 'typed', type: 'array', value, maxEntries: 1, types: { key: int, value: pair } },
    types.fd,
  );
  const { btf_id, btf_value_type_id } = map.info();
  map.close();
  assert.ok(btf_id > 0);
  assert.equal(btf_value_type_id, pair);
  const wrong = new BtfBuilder();
  wrong.struct('outside', 4, [{ name: 'a', type: wrong.int('int', 4), offsetBits: 32, bitSize: 0 }]);
  assert.throws(() => KernelTypes.load(wrong.build()), { code: 'kernel', message: /loading BTF: .*exceeds/i });
});

/** In a process that may lock no memory, which before Linux 5.11 meant: no map of this size. */
const LARGE_MAP = `
  const { createMap } = await import(${moduleUrl('./maps/index.ts')});
  const { u64 } = await import(${moduleUrl('../base/record.ts')});
  createMap({ name: 'large', type: 'hash', key: u64, value: u64, maxEntries: 100_000 }).close();
`;

test('a limit on locked memory is lifted where it counts', () => {
  const node = [process.execPath, '--input-type=module', '-e', LARGE_MAP];
  const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -l 0 && exec "$0" "$@"', ...node], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
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

test('links are detached side by side', async () => {
  const links = ['read', 'write', 'close', 'mmap', 'futex', 'openat'].map(
    (call): LinkSpec => ({ ...stat, event: `sys_enter_${call}` }) as LinkSpec,
  );
  const collection = await loadCollection({ ...spec, links });
  const before = openFds();
  await collection.attachAll();
  statSync('/');
  await collection.closeAsync();
  // The program and the map are closed, too.
  assert.equal(openFds(), before - 2);
});

test('nothing stays attached when the process is killed', async () => {
  const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [ids] = (await once(owner.stdout!, 'data')) as [Buffer];
  const { program, map } = JSON.parse(ids.toString()) as { program: number; map: number };
  closeFd(must(fdById('program', program), 'opening the program of the other process'));
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  for (let i = 0; i < 100 && fdById('map', map) !== -ENOENT; i++) await sleep(20);
  assert.equal(fdById('program', program), -ENOENT);
  assert.equal(fdById('map', map), -ENOENT);
});

test('ten thousand times open and close leak neither descriptors nor memory', async () => {
  const cycle = async () => (await loadCollection(spec)).close();
  for (let i = 0; i < 1000; i++) await cycle();
  const before = { fds: openFds(), ...memory() };
  for (let i = 0; i < 10_000; i++) await cycle();
  const after = { fds: openFds(), ...memory() };
  assert.equal(after.fds, before.fds);
  assert.ok(after.used - before.used < 2 * 2 ** 20, `${before.used} to ${after.used} bytes in use`);
  // A page a cycle would be 40 MB; what V8 takes for itself comes and goes.
  assert.ok(after.rss - before.rss < 32 * 2 ** 20, `${before.rss} to ${after.rss} bytes resident`);
});
