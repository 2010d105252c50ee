/** Which kernel map keeps a script's map, and how keys and values lie in it. */
import { array, record, type Shape, sizeOf, u32, u64 } from '../../base/record.ts';
import type { MapSpec, MapType } from '../../bpf/spec/index.ts';
import type { KernelFeatures } from '../host.ts';
import type { MergeRule, ScriptMap } from '../script.ts';
import type { Settings } from '../settings.ts';
import { shapeOf } from '../types/layout.ts';
import { isAggregate, type Type } from '../types/type.ts';
import type { MapTyping } from '../types/typing.ts';
import { type ShortKeys, shortKeys } from './short-keys.ts';
import { type TopLayout, topLayout } from './top-k.ts';

interface DeclaredKind {
  readonly type: MapType;
  readonly doc: string;
}

/** Names of `let @m = name(entries)`. */
export const DECLARED_TYPES: Readonly<Record<string, DeclaredKind>> = {
  hash: { type: 'hash', doc: 'One value for each of at most so many keys; what finds no room is reported.' },
  lruhash: { type: 'lru_hash', doc: 'The keys used last: the kernel drops others when it is full, without a word.' },
  percpuhash: {
    type: 'percpu_hash',
    doc: 'One value for each key and CPU, merged when it is read: what counters are.',
  },
  percpulruhash: { type: 'lru_percpu_hash', doc: 'The keys used last, one value for each CPU.' },
  array: { type: 'array', doc: 'Values under the numbers below the size; all of them are there from the start.' },
  percpuarray: { type: 'percpu_array', doc: 'The same, one value for each CPU.' },
  topk: {
    type: 'percpu_array',
    doc: 'The so many largest of any number of keys, for count() and sum(): it never fills up. How far values may be off is said with them.',
  },
  task_storage: {
    type: 'task_storage',
    doc: 'A value of the current thread, or under a task; gone when the thread ends.',
  },
  cgroup_storage: { type: 'cgroup_storage', doc: 'A value of the current cgroup.' },
};

export interface MapPlan {
  readonly spec: MapSpec;
  readonly script: ScriptMap;
  readonly type: MapType;
  readonly perCpu: boolean;
  /** A hash by thread id in place of storage on tasks. */
  readonly byThread: boolean;
  readonly keyType: Type | undefined;
  readonly keyShape: Shape;
  readonly valueShape: Shape;
  /** Of `let @m = topk(n)`: keys lie among the values. */
  readonly top?: TopLayout;
  readonly short?: ShortKeys;
  readonly shortSpec?: MapSpec;
  /** For scalar maps: where the "assigned" word stands. */
  readonly setOffset: number | undefined;
}

/**
 * More bytes than this are not taken in advance: it costs start-up time, 3 ms a MiB. What is taken on demand can fail
 * where interrupts are off and a program inserts several keys in one run.
 */
const PREALLOCATED = 4 << 20;
/** Where tasks have no storage: threads that a map has room for. */
const THREADS = 4096;
const STORAGE: ReadonlySet<MapType> = new Set(['task_storage', 'cgroup_storage']);

export const isStorage = (plan: MapPlan): boolean => STORAGE.has(plan.type);

export const storageHelper = ({ type }: MapPlan, what: 'get' | 'delete'): string =>
  `${type === 'task_storage' ? 'task' : 'cgrp'}_storage_${what}`;

interface PlanFor {
  readonly settings: Settings;
  /** Possible ones. */
  readonly cpus: number;
  readonly features?: KernelFeatures | undefined;
}

export function planMap(map: MapTyping, { settings, cpus, features }: PlanFor): MapPlan {
  if (map.declaration?.type === 'topk') return planTop(map, map.declaration.maxEntries ?? 1);
  const value = map.value!;
  const asked = map.declaration && DECLARED_TYPES[map.declaration.type]?.type;
  const byThread = asked === 'task_storage' && features?.taskStorage === false;
  const declared = byThread ? 'hash' : asked;
  const scalar = map.scalar === true && !declared;
  const perCpu = declared ? /percpu/.test(declared) : isAggregate(value);
  const type = declared ?? kindOf(scalar, perCpu);
  const keyType = scalar || byThread || STORAGE.has(type) ? undefined : map.key;
  const keyShape = keyType ? shapeOf(keyType) : u32;
  const plain = shapeOf(value);
  const wrapped = scalar ? record('scalar', { value: plain, set: u64 }) : undefined;
  const valueShape = wrapped ?? plain;
  const name = specName(map);
  const maxEntries = entriesOf(map, { type, scalar, byThread }, settings);
  const isHash = type === 'hash' || type === 'percpu_hash';
  const specOf = (of: string, key: Shape): MapSpec => {
    const bytes = maxEntries * (sizeOf(key) + sizeOf(valueShape) * (perCpu ? cpus : 1));
    const grows = STORAGE.has(type) || (isHash && bytes > PREALLOCATED && features?.growingMaps !== false);
    return { name: of, type, key, value: valueShape, maxEntries, ...(grows && { flags: { noPrealloc: true } }) };
  };
  const short = isHash && keyType && !declared && !map.iterated ? shortKeys(name, keyType) : undefined;
  const merge = mergeRules(map);
  const script: ScriptMap = {
    name: map.name,
    spec: name,
    value,
    valueShape,
    perCpu,
    ...(keyType && { key: keyType, keyShape }),
    ...(wrapped && { setOffset: wrapped.offsets.set }),
    ...(merge && { merge }),
    ...(short && { short: short.map }),
  };
  const shapes = { keyType, keyShape, valueShape, setOffset: wrapped?.offsets.set };
  const others = short && { short, shortSpec: specOf(short.map, short.shape) };
  return { spec: specOf(name, keyShape), script, type, perCpu, byThread, ...shapes, ...others };
}

const specName = ({ name }: MapTyping): string => (name === '@' ? 'AT_' : `AT_${name.slice(1)}`);

function planTop(map: MapTyping, most: number): MapPlan {
  const value = map.value!;
  const key = map.key!;
  const [keyShape, valueShape] = [shapeOf(key), shapeOf(value)];
  const top = topLayout(most, keyShape);
  const spec: MapSpec = {
    name: specName(map),
    type: 'percpu_array',
    key: u32,
    value: array(top.slot, top.ways),
    maxEntries: top.rows,
  };
  const script: ScriptMap = { name: map.name, spec: spec.name, value, valueShape, perCpu: true, key, keyShape, top };
  const shapes = { keyType: key, keyShape, valueShape, setOffset: undefined };
  return { spec, script, type: 'percpu_array', perCpu: true, byThread: false, top, ...shapes };
}

function entriesOf(
  map: MapTyping,
  { type, scalar, byThread }: { type: MapType; scalar: boolean; byThread: boolean },
  settings: Settings,
): number {
  if (STORAGE.has(type)) return 0;
  if (byThread) return THREADS;
  return scalar ? 1 : (map.declaration?.maxEntries ?? settings.maxMapKeys);
}

function kindOf(scalar: boolean, perCpu: boolean): MapType {
  if (scalar) return perCpu ? 'percpu_array' : 'array';
  return perCpu ? 'percpu_hash' : 'hash';
}

function mergeRules(map: MapTyping): Record<string, MergeRule> | undefined {
  const fields = map.declaration?.fields;
  return fields && Object.fromEntries(fields.map((field) => [field.name, (field.merge ?? 'sum') as MergeRule]));
}

/** What the kernel is asked for. */
export const specsOf = ({ spec, shortSpec }: MapPlan): MapSpec[] => (shortSpec ? [spec, shortSpec] : [spec]);
