/** Every kind of map that a compiled object can define, filled by its program and read by its types. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CgroupStorageMap, possibleCpus } from '../../src/bpf/index.ts';
import { cgroupRoot } from '../../src/bpf/object/host/cgroups.ts';
import { MapReader, ObjectRun } from '../../src/bpf/object/host/index.ts';
import { lostPin, withoutLostPin } from '../../src/bpf/object/host/pins.ts';
import { callGetppid, cannotTest, GETPPID, load, scratch } from './harness.ts';

const skip = cannotTest;
const target = process.pid;

test('hash: a known load is counted exactly', { skip }, async () => {
  using it = await load('map_hash', { set: { target } });
  await it.collection.attachAll();
  callGetppid(101);
  const key = JSON.stringify({ pid: target, nr: GETPPID });
  const value = it.entries('calls')[key] as { calls: number; last_ns: number; comm: string };
  assert.equal(value.calls, 101);
  assert.ok(value.last_ns > 0);
  assert.equal(typeof value.comm, 'string');
  // The same, typed by the shapes that BTF gives.
  const [[typedKey, typedValue]] = [...it.collection.keyed('calls')] as [[{ pid: number }, { calls: bigint }]];
  assert.deepEqual([typedKey.pid, typedValue.calls], [target, 101n]);
});

test('array: signed values, and one with sizes instead of types', { skip }, async () => {
  using it = await load('map_array');
  assert.equal(it.call('fill'), 5);
  assert.deepEqual(it.entries('squares'), { 0: 0, 1: -1, 2: -4, 3: -9, 4: -16 });
  assert.deepEqual(it.entries('untyped'), { 0: '000000000000000000000000' });
  assert.equal(it.collection.map('untyped').info().map_flags & ((1 << 10) | (1 << 7)), (1 << 10) | (1 << 7));
});

test('per-CPU array and hash: a value for each CPU', { skip }, async () => {
  using it = await load('map_percpu');
  for (let i = 0; i < 3; i++) assert.equal(it.call('run'), 0);
  const values = it.entries('by_cpu')[1] as { cpu: number; runs: number }[];
  assert.equal(values.length, possibleCpus());
  assert.equal(
    values.reduce((sum, { runs }) => sum + runs, 0),
    3,
  );
  for (const [cpu, value] of values.entries()) if (value.runs > 0) assert.equal(value.cpu, cpu);
  assert.ok((it.entries('named').abc as number[]).includes(7));
});

test('LRU hash and per-CPU LRU hash: full, not over', { skip }, async () => {
  using it = await load('map_lru');
  it.call('fill');
  for (const [map, last] of [
    ['lru', (value: unknown) => value],
    ['lru_percpu', (value: unknown) => Math.max(...(value as number[]))],
  ] as const) {
    const entries = it.entries(map);
    const count = Object.keys(entries).length;
    assert.ok(count > 0 && count <= 64, `${map} has ${count}`);
    for (const [key, value] of Object.entries(entries)) assert.equal(last(value), Number(key));
  }
});

test('LPM trie', { skip }, async () => {
  using it = await load('map_lpm');
  it.call('look');
  assert.equal(it.variable('found'), 16);
  assert.deepEqual(Object.keys(it.entries('routes')).sort(), [
    '{"bits":16,"address":[10,1,0,0]}',
    '{"bits":8,"address":[10,0,0,0]}',
  ]);
});

test('queue and stack: in the order of their kind', { skip }, async () => {
  using it = await load('map_queue');
  it.call('push');
  const reader = new MapReader(it.collection, it.object.btf);
  const values = (map: string) =>
    [...reader.entries(it.collection.spec.maps.find(({ name }) => name === map)!)].map(({ key, value }) => [
      key,
      value,
    ]);
  assert.deepEqual(values('queue'), [
    [null, { a: 1, b: 10 }],
    [null, { a: 2, b: 20 }],
    [null, { a: 3, b: 30 }],
  ]);
  assert.deepEqual(values('stack'), [
    [null, 3],
    [null, 2],
    [null, 1],
  ]);
});

test('bloom filter', { skip }, async () => {
  using it = await load('map_bloom');
  it.call('ask');
  assert.deepEqual([it.variable('before'), it.variable('after')], [-2, 0]);
});

test('stack traces', { skip }, async () => {
  using it = await load('map_stack_trace', { set: { target } });
  await it.collection.attachAll();
  callGetppid(1);
  const id = it.variable('id');
  assert.ok(Number(id) >= 0, `no stack: ${id}`);
  const frames = it.entries('stacks')[String(id)] as string[];
  assert.ok(frames.length > 0);
  for (const frame of frames) assert.match(frame, /^0xffff[\da-f]{12}$/);
});

/** Runs an object's programs while `provoke` works, with its records. */
async function streamed(name: string, provoke: () => void) {
  const it = await load(name, { set: { target } });
  const records: { map: string; value: unknown; hex: string }[] = [];
  const run = await ObjectRun.start(it, ({ map, value, bytes }) =>
    records.push({ map, value, hex: bytes.toString('hex') }),
  );
  provoke();
  await sleep(30);
  provoke();
  run.finish();
  const maps = run.maps();
  run.close();
  return { records, maps };
}

test('ring buffers: typed records, none lost, discarded ones unseen', { skip }, async () => {
  const { records, maps } = await streamed('map_ringbuf', () => callGetppid(50));
  const events = records
    .filter(({ map }) => map === 'events')
    .map(({ value }) => value as { pid: number; number: number });
  assert.equal(events.length, 90);
  assert.ok(events.every(({ pid, number }) => pid === target && number % 10 !== 0));
  assert.deepEqual(
    records.find(({ map }) => map === 'raw'),
    { map: 'raw', value: undefined, hex: 'eeffc000' },
  );
  const report = maps.find(({ spec }) => spec.name === 'events')!;
  assert.deepEqual(report.events, { records: 90, lost: 0 });
  assert.equal(report.spec.maxEntries, 8192);
});

test('ring buffers: records that end in an array without a length', { skip }, async () => {
  const { records } = await streamed('open_records', () => callGetppid(3));
  const of = (name: string) => records.filter(({ map }) => map === name).map(({ value }) => value);
  assert.equal(of('events').length, 6);
  assert.deepEqual(of('events')[0], { kind: 3, length: 4, flags: 0, text: 'open' });
  assert.deepEqual(of('samples')[0], { at: 7, values: [53, 59] });
  assert.deepEqual(of('pairs')[0], { left: 11, right: 13 });
});

test('a ring buffer that was full: what was lost is unknown, and not 0', { skip }, async () => {
  const { maps } = await streamed('map_ringbuf', () => callGetppid(400));
  assert.equal(maps.find(({ spec }) => spec.name === 'events')!.events!.lost, undefined);
});

test('perf event arrays: records typed by name', { skip }, async () => {
  const { records } = await streamed('map_perf', () => callGetppid(53));
  assert.equal(records.length, 106);
  assert.deepEqual(
    records
      .map(({ value }) => value)
      .sort((a, b) => (a as { number: number }).number - (b as { number: number }).number),
    Array.from({ length: 106 }, (_, i) => ({ number: i + 1, twice: 2 * (i + 1) })),
  );
});

test('maps of maps: entries from the start', { skip }, async () => {
  using it = await load('map_in_map');
  it.call('fill');
  assert.equal(it.variable('missing'), 2);
  const filled = (value: number) => [
    { key: 0, value },
    { key: 1, value: 0 },
  ];
  assert.deepEqual(it.entries('outer'), { 1: filled(22), 3: filled(44) });
  assert.deepEqual(it.entries('hashed'), { 2: filled(44) });
  assert.deepEqual(it.entries('first'), { 0: 22, 1: 0 });
});

test('program arrays: tail calls', { skip }, async () => {
  using it = await load('tail_call');
  assert.equal(it.call('entry'), 42);
  assert.deepEqual(it.variable('order'), [1, 2, 3, 0]);
  assert.deepEqual(it.entries('jumps'), { 0: 'next', 2: 'last' });
});

test('task storage', {
  skip: skip || (process.arch !== 'x64' && 'it knows the number of one system call'),
}, async () => {
  using it = await load('map_task_storage', { set: { target } });
  await it.collection.attachAll();
  callGetppid(37);
  assert.deepEqual(it.entries('calls'), { [target]: 37 });
});

test('cgroup maps are created, and storage at a cgroup is told by its path', { skip }, async (t) => {
  using it = await load('map_cgroup_storage');
  assert.equal(it.collection.map('cgroups').info().type, 8);
  assert.equal(it.collection.map('storage').info().type, 32);
  assert.equal(it.collection.map('old').info().type, 19);
  assert.deepEqual(it.entries('old'), {});
  const storage = it.collection.map('storage');
  const root = cgroupRoot();
  if (!(storage instanceof CgroupStorageMap) || root === undefined)
    return t.skip('no file system of cgroups is mounted');
  storage.set(root, 41n);
  assert.deepEqual(it.entries('storage'), { '/': 41 });
});

test('locks and timers are found by the types of the map', { skip }, async () => {
  using it = await load('map_lock');
  assert.equal(it.call('both'), 0);
  for (let tries = 0; it.variable('fired') !== 1 && tries < 200; tries++) await sleep(20);
  const { a, b } = it.entries('pairs')[0] as { a: number; b: number };
  assert.deepEqual([a, b], [1, 2]);
  assert.equal(it.variable('fired'), 1);
});

test('user ring buffers are created and drained', { skip }, async () => {
  using it = await load('map_user_ringbuf');
  await it.collection.attachAll();
  callGetppid(1);
  assert.equal(it.variable('drained'), 0);
});

test('keys and values of uncommon types', { skip }, async () => {
  using it = await load('keys');
  it.call('fill');
  const big = {
    low: -5,
    colors: ['GREEN', 99],
    names: ['abc', 'wxyz'],
    flags: [false, true],
    square: [
      [0, 0],
      [-300, 0],
    ],
  };
  assert.deepEqual(it.entries('by_wide'), { [String(0x112233445566778899aabbccddeeff00n)]: big });
  const [[packed, either]] = Object.entries(it.entries('by_packed')) as [[string, Record<string, unknown>]];
  assert.deepEqual(JSON.parse(packed), { a: 1, b: 0xdeadbeef, c: 3 });
  assert.deepEqual([either.low, either.high, either.word], [1, 2, 0x20001]);
  assert.deepEqual(it.entries('by_color'), { BLUE: 'say "hi"\n' });
  assert.deepEqual(it.entries('by_list'), { [JSON.stringify({ next: '0x0', value: 4 })]: true });
  assert.deepEqual(it.entries('by_signed'), { '-1099511627776': [1, 2n ** 64n - 1n] });
  assert.deepEqual(it.entries('by_bytes'), { 616263: '3132333435' });
});

test('pinned where no bpf file system is: told, and not pinned', { skip }, () => {
  const pin = `${scratch()}/counts`;
  const map = { name: 'counts', type: 'array', maxEntries: 1 } as const;
  assert.deepEqual(withoutLostPin({ ...map, pin }), map);
  assert.match(lostPin({ ...map, pin }), /not pinned at .*counts, .*mount -t bpf/);
});

test('pinned by name: the map is found again', { skip }, async (t: TestContext) => {
  if (!mountBpffs(t)) return t.skip('no bpf file system can be mounted at /sys/fs/bpf');
  const pin = '/sys/fs/bpf/pebble_test_pin';
  rmSync(pin, { force: true });
  for (let round = 1; round <= 2; round++) {
    using it = await load('pinned');
    it.call('bump');
    assert.deepEqual(it.entries('pebble_test_pin'), { 0: round });
  }
  assert.ok(existsSync(pin));
  rmSync(pin);
});

function mountBpffs(t: TestContext): boolean {
  if (readFileSync('/proc/mounts', 'utf8').includes(' /sys/fs/bpf bpf ')) return true;
  if (spawnSync('mount', ['-t', 'bpf', 'bpf', '/sys/fs/bpf']).status !== 0) return false;
  t.after(() => spawnSync('umount', ['/sys/fs/bpf']));
  return true;
}
