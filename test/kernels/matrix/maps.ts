/** Maps of every type: written on one side, read on the other. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { array, record, u8, u32, u64 } from '../../../src/base/record.ts';
import { aluImm, exit } from '../../../src/bpf/asm/index.ts';
import type { FeatureName } from '../../../src/bpf/features/index.ts';
import { attach, createMap, loadProgram, type MapHandle, possibleCpus, viewArray } from '../../../src/bpf/index.ts';
import type { MapType } from '../../../src/bpf/spec/index.ts';
import { detachedMount, errorName } from '../../../src/bpf/sys/index.ts';
import { fire, onlyPidfdOpen } from './hits.ts';
import {
  keepStack,
  lookup,
  lookupInside,
  push,
  returnValue,
  runOn,
  tailCall,
  update,
  updateTask,
  WRITTEN,
} from './kernel-side.ts';
import { Absent, type Row } from './row.ts';

const KEY = 7;
const written = BigInt(WRITTEN);
const USER_STACK = 1 << 8;

async function using<M extends MapHandle>(map: M, body: (map: M) => void | Promise<void>): Promise<void> {
  try {
    await body(map);
  } finally {
    map.close();
  }
}

function keyed(type: 'hash' | 'array' | 'lru_hash'): Row {
  const spec = { name: 'map', type, key: u32, value: u64, maxEntries: 64 } as const;
  return {
    name: type,
    run: () =>
      using(createMap(spec), async (map) => {
        assert.equal(await runOn(map, update(KEY)), 0);
        assert.equal(map.get(KEY), written);
        map.set(KEY, 5n);
        assert.equal(await runOn(map, [...lookup(KEY), ...returnValue]), 5);
      }),
  };
}

function perCpu(type: 'percpu_hash' | 'percpu_array' | 'lru_percpu_hash'): Row {
  const spec = { name: 'map', type, key: u32, value: u64, maxEntries: 64 } as const;
  return {
    name: type,
    run: () =>
      using(createMap(spec), async (map) => {
        assert.equal(await runOn(map, update(KEY)), 0);
        assert.equal(
          map.get(KEY)?.reduce((sum, value) => sum + value),
          written,
        );
        map.set(KEY, Array(possibleCpus()).fill(5n));
        assert.equal(await runOn(map, [...lookup(KEY), ...returnValue]), 5);
      }),
  };
}

function queue(type: 'queue' | 'stack'): Row {
  return {
    name: type,
    run: () =>
      using(createMap({ name: 'map', type, value: u64, maxEntries: 4 }), async (map) => {
        map.push(1n);
        assert.equal(await runOn(map, push), 0);
        const [first, second] = [map.pop(), map.pop()];
        assert.deepEqual(
          [first, second, map.pop()],
          [...(type === 'queue' ? [1n, written] : [written, 1n]), undefined],
        );
      }),
  };
}

function nested(type: 'array_of_maps' | 'hash_of_maps'): Row {
  const inner = { name: 'inner', type: 'hash', key: u32, value: u32, maxEntries: 4 } as const;
  return {
    name: type,
    run: () =>
      using(createMap({ name: 'map', type, key: u32, maxEntries: 8, inner }), (outer) =>
        using(createMap(inner), async (map) => {
          map.set(3, 33);
          outer.set(KEY, map);
          assert.equal(await runOn(outer, [...lookup(KEY), ...lookupInside(3), ...returnValue]), 33);
        }),
      ),
  };
}

/** Types that are made, and used by programs of other rows or by none of ours. */
function creation(type: MapType, maxEntries: number, ...needs: FeatureName[]): Row {
  return { name: `${type} (made only)`, needs, run: () => createMap({ name: 'map', type, maxEntries }).close() };
}

export const MAPS: readonly Row[] = [
  keyed('hash'),
  keyed('array'),
  keyed('lru_hash'),
  perCpu('percpu_hash'),
  perCpu('percpu_array'),
  perCpu('lru_percpu_hash'),
  { name: 'lpm_trie', run: longestPrefix },
  queue('queue'),
  queue('stack'),
  { name: 'bloom_filter', needs: ['bloom_filter'], run: bloom },
  nested('array_of_maps'),
  nested('hash_of_maps'),
  { name: 'prog_array', run: tailCalls },
  { name: 'stack_trace', needs: ['stack_trace'], run: stacks },
  { name: 'task_storage', needs: ['task_storage', 'current_task_btf', 'tp_btf'], run: taskStorage },
  { name: 'cgroup_storage', needs: ['cgroup_storage'], run: cgroupStorage },
  creation('cgroup_array', 4),
  creation('user_ringbuf', 4096, 'user_ringbuf'),
  creation('arena', 1, 'arena'),
  { name: 'array as memory', needs: ['mmapable_arrays'], run: mappedArray },
  { name: 'read-only data', run: readOnlyData },
  { name: 'many entries at once', needs: ['map_batches'], run: batches },
  { name: 'read and delete at once', needs: ['take_from_hash'], run: take },
  { name: 'pinned map', run: pinned },
];

function longestPrefix(): Promise<void> {
  const key = record('prefix', { bits: u32, address: array(u8, 4) });
  const flags = { noPrealloc: true };
  return using(createMap({ name: 'map', type: 'lpm_trie', key, value: u32, maxEntries: 8, flags }), async (map) => {
    map.set({ bits: 8, address: [10, 0, 0, 0] }, 8);
    map.set({ bits: 16, address: [10, 1, 0, 0] }, 16);
    assert.equal(await runOn(map, [...lookup(32, 0x0302010a), ...returnValue]), 16);
    assert.equal(map.get({ bits: 32, address: [10, 9, 0, 0] }), 8);
  });
}

function bloom(): Promise<void> {
  return using(createMap({ name: 'map', type: 'bloom_filter', value: u64, maxEntries: 64 }), async (map) => {
    assert.equal(await runOn(map, push), 0);
    assert.equal(map.mayHave(written), true);
  });
}

function tailCalls(): Promise<void> {
  return using(createMap({ name: 'map', type: 'prog_array', maxEntries: 1 }), async (map) => {
    const functions = [{ name: 'target', parameters: 1, insns: [aluImm('mov', 0, WRITTEN), exit()] }];
    const target = await loadProgram({ name: 'target', kind: 'raw_tracepoint', license: 'GPL', functions });
    assert.equal(await runOn(map, tailCall), 0);
    map.set(0, target);
    assert.equal(await runOn(map, tailCall), WRITTEN);
    target.close();
  });
}

function stacks(): Promise<void> {
  const value = array(u64, 127);
  // Two stacks in one bucket would be refused: so many that this is no chance worth mentioning.
  return using(createMap({ name: 'map', type: 'stack_trace', value, maxEntries: 16384 }), async (map) => {
    const framesOf = async (flags: number) => {
      const id = await runOn(map, keepStack(flags));
      assert.ok(id >= 0, `bpf_get_stackid: ${errorName(-id)}`);
      return map.get(id)!.filter((frame) => frame !== 0n);
    };
    const inKernel = await framesOf(0);
    assert.ok(inKernel.length > 2 && inKernel.every((frame) => frame >> 63n === 1n), `${inKernel}`);
    const here = await framesOf(USER_STACK);
    assert.ok(here.length > 0 && here[0]! >> 63n === 0n, `${here}`);
  });
}

function taskStorage(): Promise<void> {
  return using(createMap({ name: 'map', type: 'task_storage', value: u64, maxEntries: 0 }), async (map) => {
    const insns = [...onlyPidfdOpen, ...updateTask, exit()];
    const functions = [{ name: 'touch', parameters: 1, insns }];
    const spec = { name: 'touch', kind: 'tp_btf', attachTo: 'sys_enter', license: 'GPL', functions } as const;
    const program = await loadProgram(spec, new Map([['map', map]]));
    const link = await attach({ kind: 'tracing', program: 'touch' }, program);
    fire();
    link.close();
    program.close();
    assert.equal(map.get(process.pid), written);
  });
}

function cgroupStorage(): Promise<void> {
  const root = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
  if (root === undefined) throw new Absent('no cgroup file system of version 2 is mounted');
  return using(createMap({ name: 'map', type: 'cgroup_storage', value: u64, maxEntries: 0 }), (map) => {
    map.set(root, written);
    assert.equal(map.get(root), written);
    assert.equal(map.delete(root), true);
  });
}

function mappedArray(): Promise<void> {
  const flags = { mmapable: true };
  return using(createMap({ name: 'map', type: 'array', value: u64, maxEntries: 8, flags }), async (map) => {
    const memory = viewArray(map);
    assert.equal(await runOn(map, update(KEY)), 0);
    assert.equal(memory.view.getBigUint64(KEY * memory.step, true), written);
    memory.close();
  });
}

function readOnlyData(): Promise<void> {
  const initial = new Uint8Array([WRITTEN, 0, 0, 0]);
  const spec = {
    name: 'map',
    type: 'array',
    value: u32,
    maxEntries: 1,
    flags: { readOnlyForPrograms: true },
    initial,
  } as const;
  return using(createMap(spec), async (map) => {
    assert.equal(await runOn(map, [...lookup(0), ...returnValue]), WRITTEN);
    assert.throws(() => map.set(0, 1), { code: 'privilege' });
  });
}

function batches(): Promise<void> {
  const count = 10_007;
  return using(createMap({ name: 'map', type: 'hash', key: u32, value: u64, maxEntries: count }), (map) => {
    map.setMany(Array.from({ length: count }, (_, i) => [i, BigInt(i)] as const));
    let sum = 0;
    for (const [key, value] of map) sum += key + Number(value);
    assert.equal(sum, count * (count - 1));
  });
}

function take(): Promise<void> {
  return using(createMap({ name: 'map', type: 'hash', key: u32, value: u64, maxEntries: 4 }), async (map) => {
    await runOn(map, update(KEY));
    assert.equal(map.take(KEY), written);
    assert.equal(map.get(KEY), undefined);
  });
}

async function pinned(): Promise<void> {
  const pin = `${detachedMount('bpf', '')}/pebble-matrix`;
  const spec = { name: 'map', type: 'hash', key: u32, value: u32, maxEntries: 4, pin } as const;
  await using(createMap(spec), (map) => void map.set(1, 2));
  await using(createMap(spec), (again) => assert.equal(again.get(1), 2));
}
