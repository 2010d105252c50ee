/** Every map type does what its class says, in the real kernel. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { array, i32, record, text, u8, u32, u64 } from '../../base/record.ts';
import { detachedMount, pageSize, possibleCpus, threadsHaveDescriptors } from '../sys/index.ts';
import { lacking } from '../testing/needs.ts';
import { createMap, type KeyedMap, type MapHandle, openPinned, viewArray } from './index.ts';

const key = record('key', { tag: u8, id: u64, comm: text(8) });
const value = record('value', { calls: u64, pids: array(i32, 3) });

function using<M extends MapHandle, T>(map: M, body: (map: M) => T): T {
  try {
    return body(map);
  } finally {
    map.close();
  }
}

test('a hash map takes records for keys and values', () => {
  using(createMap({ name: 'h', type: 'hash', key, value, maxEntries: 100 }), (map) => {
    const [a, b] = [
      { tag: 1, id: 1n << 40n, comm: 'postgres' },
      { tag: 1, id: 1n << 40n, comm: 'pg' },
    ];
    const one = { calls: (1n << 64n) - 1n, pids: [1, -2, 3] };
    assert.equal(map.get(a), undefined);
    assert.equal(map.set(a, one), true);
    assert.equal(map.set(b, { ...one, calls: 5n }), true);
    assert.deepEqual(map.get(a), one);
    assert.equal(map.get(b)?.calls, 5n);
    assert.equal(map.set(a, one, 'new'), false);
    assert.equal(map.set({ ...a, tag: 2 }, one, 'existing'), false);
    assert.deepEqual([...map.keys()].map((k) => k.comm).sort(), ['pg', 'postgres']);
    assert.deepEqual(map.take(a), one);
    assert.equal(map.delete(a), false);
    assert.equal(map.delete(b), true);
    assert.deepEqual([...map], []);
  });
});

test('a full map says so', () => {
  using(createMap({ name: 'small', type: 'hash', key: u32, value: u32, maxEntries: 2 }), (map) => {
    map.set(1, 1);
    map.set(2, 2);
    assert.throws(() => map.set(3, 3), { hint: 'the map holds 2 entries and is full' });
  });
});

test('batches give every entry once, whatever the fullest bucket holds', () => {
  using(createMap({ name: 'many', type: 'hash', key: u32, value: u64, maxEntries: 100_003 }), (map) => {
    const count = 100_003;
    map.setMany(Array.from({ length: count }, (_, i) => [i, BigInt(i) * 3n] as const));
    let sum = 0n;
    let seen = 0;
    for (const [k, v] of map) {
      assert.equal(v, BigInt(k) * 3n);
      sum += v;
      seen++;
    }
    assert.equal(seen, count);
    assert.equal(sum, (3n * BigInt(count) * BigInt(count - 1)) / 2n);
    map.deleteMany([1, 2, 3]);
    assert.equal([...map.keys()].length, count - 3);
    map.clear();
    assert.equal([...map.keys()].length, 0);
  });
});

test('a map smaller than its fullest bucket is read too', () => {
  using(createMap({ name: 'tiny', type: 'hash', key: u32, value: u32, maxEntries: 3 }), (map) => {
    map.setMany([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    assert.deepEqual([...map].sort(), [
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
  });
});

for (const type of ['percpu_hash', 'lru_percpu_hash'] as const) {
  test(`${type}: a value for each possible CPU, odd sizes too`, () => {
    const odd = record('odd', { a: u32, b: array(u8, 7) });
    using(createMap({ name: 'pc', type, key: u32, value: odd, maxEntries: 64 }), (map) => {
      const values = Array.from({ length: possibleCpus() }, (_, i) => ({ a: i + 1, b: [1, 2, 3, 4, 5, 6, i] }));
      map.set(9, values);
      map.set(10, values);
      assert.deepEqual(map.get(9), values);
      assert.deepEqual(
        [...map].sort((x, y) => x[0] - y[0]),
        [
          [9, values],
          [10, values],
        ],
      );
    });
  });
}

test('percpu_array: all indices exist', () => {
  using(createMap({ name: 'pa', type: 'percpu_array', value: u64, maxEntries: 3 }), (map) => {
    const values = Array.from({ length: possibleCpus() }, (_, i) => BigInt(i) + 1n);
    map.set(2, values);
    assert.deepEqual(map.get(2), values);
    assert.equal([...map].length, 3);
    assert.equal(map.get(3), undefined);
  });
});

test('lru_hash: old entries make room', () => {
  using(createMap({ name: 'lru', type: 'lru_hash', key: u32, value: u32, maxEntries: 128 }), (map) => {
    for (let i = 0; i < 1000; i++) map.set(i, i);
    const count = [...map].length;
    assert.ok(count > 0 && count <= 128, `${count}`);
  });
});

test('an mmapable array is memory', () => {
  const spec = { name: 'mm', type: 'array', value: u32, maxEntries: 5, flags: { mmapable: true } } as const;
  using(createMap(spec), (map) => {
    const memory = viewArray(map);
    memory.view.setUint32(3 * memory.step, 77, true);
    assert.equal(map.get(3), 77);
    map.set(4, 88);
    assert.equal(memory.view.getUint32(4 * memory.step, true), 88);
    memory.close();
    assert.throws(() => memory.view.getUint32(0, true), TypeError);
  });
});

test('read-only data is there from the start and stays', () => {
  const spec = {
    name: '.rodata',
    type: 'array',
    value: u32,
    maxEntries: 1,
    flags: { readOnlyForPrograms: true },
    initial: new Uint8Array([1, 2, 3, 4]),
  } as const;
  using(createMap(spec), (map) => {
    assert.equal(map.get(0), 0x04030201);
    assert.throws(() => map.set(0, 1), { code: 'privilege' });
  });
});

test('queue and stack', () => {
  using(createMap({ name: 'q', type: 'queue', value: u32, maxEntries: 2 }), (queue) => {
    assert.equal(queue.pop(), undefined);
    assert.equal(queue.push(1), true);
    assert.equal(queue.push(2), true);
    assert.equal(queue.push(3), false);
    assert.equal(queue.peek(), 1);
    assert.deepEqual([queue.pop(), queue.pop(), queue.pop()], [1, 2, undefined]);
  });
  using(createMap({ name: 's', type: 'stack', value: u32, maxEntries: 2 }), (stack) => {
    stack.push(1);
    stack.push(2);
    assert.deepEqual([stack.pop(), stack.pop()], [2, 1]);
  });
});

test('bloom filter', { skip: await lacking('bloom_filter') }, () => {
  using(createMap({ name: 'b', type: 'bloom_filter', value: u64, maxEntries: 100 }), (bloom) => {
    bloom.add(42n);
    assert.equal(bloom.mayHave(42n), true);
    const others = Array.from({ length: 100 }, (_, i) => bloom.mayHave(BigInt(i) + 1000n));
    assert.ok(others.filter(Boolean).length < 50);
  });
});

test('lpm_trie: the longest prefix wins', () => {
  const prefix = record('prefix', { bits: u32, address: array(u8, 4) });
  const spec = {
    name: 'lpm',
    type: 'lpm_trie',
    key: prefix,
    value: u32,
    maxEntries: 10,
    flags: { noPrealloc: true },
  } as const;
  using(createMap(spec), (map) => {
    map.set({ bits: 8, address: [10, 0, 0, 0] }, 8);
    map.set({ bits: 16, address: [10, 1, 0, 0] }, 16);
    assert.equal(map.get({ bits: 32, address: [10, 1, 2, 3] }), 16);
    assert.equal(map.get({ bits: 32, address: [10, 9, 2, 3] }), 8);
    assert.equal(map.get({ bits: 32, address: [11, 9, 2, 3] }), undefined);
    assert.equal([...map].length, 2);
  });
});

test('task storage: values by process', { skip: await lacking('task_storage') }, () => {
  using(createMap({ name: 'ts', type: 'task_storage', value, maxEntries: 0 }), (map) => {
    assert.equal(map.get(process.pid), undefined);
    const one = { calls: 7n, pids: [1, 2, 3] };
    map.set(process.pid, one);
    assert.deepEqual(map.get(process.pid), one);
    assert.equal(map.delete(process.pid), true);
    assert.throws(() => map.get(2 ** 22 + 1), /opening process/);
  });
});

test('task storage: values by thread', {
  skip: (await lacking('task_storage')) || (!threadsHaveDescriptors() && 'threads have descriptors since Linux 6.9'),
}, () => {
  using(createMap({ name: 'ts', type: 'task_storage', value: u64, maxEntries: 0 }), (map) => {
    const thread = readdirSync('/proc/self/task')
      .map(Number)
      .find((id) => id !== process.pid)!;
    map.set(thread, 11n);
    assert.deepEqual([map.get(thread), map.get(process.pid)], [11n, undefined]);
  });
});

test('a cgroup that is not there is told as such', { skip: await lacking('cgroup_storage') }, () => {
  using(createMap({ name: 'cs', type: 'cgroup_storage', value: u64, maxEntries: 0 }), (map) => {
    assert.throws(() => map.get('/sys/fs/cgroup/nowhere'), /opening cgroup .*: there is no such directory/);
  });
});

test('an arena has what it begins with, and what is written to it', { skip: await lacking('arena') }, () => {
  const spec = { name: 'arena', type: 'arena', maxEntries: 4, initial: Buffer.from('begin') } as const;
  using(createMap(spec), (map) => {
    assert.equal(map.read(0, 5).toString(), 'begin');
    map.write(2 * pageSize() - 2, Buffer.from('over'));
    assert.equal(map.read(2 * pageSize() - 2, 4).toString(), 'over');
    assert.throws(() => map.read(4 * pageSize() - 1, 2), /it has \d+ bytes, not/);
  });
});

test('an arena that is too small for what it is to begin with leaves nothing open', {
  skip: await lacking('arena'),
}, () => {
  const spec = { name: 'arena', type: 'arena', maxEntries: 1, initial: Buffer.alloc(pageSize() + 1) } as const;
  const before = readdirSync('/proc/self/fd').length;
  assert.throws(() => createMap(spec), /it has \d+ bytes, not/);
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('maps of maps and program arrays are made and filled', () => {
  const inner = { name: 'inner', type: 'hash', key: u32, value: u32, maxEntries: 4 } as const;
  for (const type of ['array_of_maps', 'hash_of_maps'] as const) {
    using(createMap({ name: 'outer', type, key: u32, maxEntries: 2, inner }), (outer) => {
      using(createMap(inner), (map) => {
        outer.set(1, map);
        assert.equal(outer.idAt(1), map.info().id);
        assert.equal(outer.delete(1), true);
      });
    });
  }
  using(createMap({ name: 'jumps', type: 'prog_array', maxEntries: 4 }), (jumps) => {
    assert.equal(jumps.delete(0), false);
  });
});

for (const type of ['stack_trace', 'perf_event_array', 'ringbuf', 'user_ringbuf', 'arena', 'cgroup_array'] as const) {
  const skip = type === 'user_ringbuf' || type === 'arena' ? await lacking(type) : false;
  test(`${type} can be made`, { skip }, () => {
    const stack = type === 'stack_trace' ? { value: array(u64, 127) } : {};
    const spec = {
      name: 'm',
      type,
      maxEntries: type.endsWith('ringbuf') ? 4096 : type === 'perf_event_array' ? 0 : 16,
      ...stack,
    };
    using(createMap(spec), (map) => assert.ok(map.info().id > 0));
  });
}

test('a pinned map is found again, another one there is refused', () => {
  const pin = `${detachedMount('bpf', '')}/pebble-test`;
  const spec = { name: 'p', type: 'hash', key: u32, value: u32, maxEntries: 4, pin } as const;
  using(createMap(spec), (map) => map.set(1, 2));
  using(createMap(spec), (again) => assert.equal(again.get(1), 2));
  using(openPinned(pin), (opened) => {
    assert.deepEqual([opened.name, opened.type, opened.maxEntries], ['p', 'hash', 4]);
    assert.deepEqual([...(opened as KeyedMap<number, number>)], [[1, 2]]);
  });
  assert.throws(() => openPinned(pin, { value: u64 }), /its values: they have 4 bytes, the given shape has 8/);
  assert.throws(() => openPinned(`${pin}-not`), /opening the map pinned at .*ENOENT/);
  assert.throws(() => createMap({ ...spec, value: u64 }), /not what is wanted/);
});

test('a mistake in a spec is told with what to check', () => {
  assert.throws(() => createMap({ name: 'bad', type: 'hash', key: u32, value: u32, maxEntries: 0 }), {
    message: 'creating map "bad" (hash): invalid argument (EINVAL)',
    hint: 'check sizes and flags in its MapSpec',
  });
});
