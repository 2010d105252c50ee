/** Which kernel map keeps a script's map, and how keys and values lie in it. */
import { record, type Shape, sizeOf, u32, u64 } from '../../base/record.ts';
import type { MapSpec, MapType } from '../../bpf/spec/index.ts';
import type { MergeRule, ScriptMap } from '../script.ts';
import type { Settings } from '../settings.ts';
import { shapeOf } from '../types/layout.ts';
import { isAggregate, type Type } from '../types/type.ts';
import type { MapTyping } from '../types/typing.ts';

/** Names of `let @m = name(entries)`. */
export const DECLARED_TYPES: Readonly<Record<string, MapType>> = {
  hash: 'hash',
  lruhash: 'lru_hash',
  percpuhash: 'percpu_hash',
  percpulruhash: 'lru_percpu_hash',
  array: 'array',
  percpuarray: 'percpu_array',
  task_storage: 'task_storage',
  cgroup_storage: 'cgroup_storage',
};

export interface MapPlan {
  readonly spec: MapSpec;
  readonly script: ScriptMap;
  readonly type: MapType;
  readonly perCpu: boolean;
  readonly keyType: Type | undefined;
  readonly keyShape: Shape;
  readonly valueShape: Shape;
  /** For scalar maps: where the "assigned" word stands. */
  readonly setOffset: number | undefined;
}

/**
 * More bytes than this are not taken in advance: it costs start-up time, 3 ms a MiB. What is taken on demand can fail
 * where interrupts are off and a program inserts several keys in one run.
 */
const PREALLOCATED = 4 << 20;
const STORAGE: ReadonlySet<MapType> = new Set(['task_storage', 'cgroup_storage']);

export const isStorage = (plan: MapPlan): boolean => STORAGE.has(plan.type);

export function planMap(map: MapTyping, settings: Settings, cpus: number): MapPlan {
  const value = map.value!;
  const declared = map.declaration && DECLARED_TYPES[map.declaration.type];
  const scalar = map.scalar === true && !declared;
  const perCpu = declared ? /percpu/.test(declared) : isAggregate(value);
  const type = declared ?? kindOf(scalar, perCpu);
  const keyType = scalar ? undefined : map.key;
  const keyShape = STORAGE.has(type) || !keyType ? u32 : shapeOf(keyType);
  const plain = shapeOf(value);
  const wrapped = scalar ? record('scalar', { value: plain, set: u64 }) : undefined;
  const valueShape = wrapped ?? plain;
  const name = map.name === '@' ? 'AT_' : `AT_${map.name.slice(1)}`;
  const maxEntries = STORAGE.has(type) ? 0 : scalar ? 1 : (map.declaration?.maxEntries ?? settings.maxMapKeys);
  const bytes = maxEntries * (sizeOf(keyShape) + sizeOf(valueShape) * (perCpu ? cpus : 1));
  const grows = STORAGE.has(type) || ((type === 'hash' || type === 'percpu_hash') && bytes > PREALLOCATED);
  const spec: MapSpec = {
    name,
    type,
    key: keyShape,
    value: valueShape,
    maxEntries,
    ...(grows && { flags: { noPrealloc: true } }),
  };
  const merge = mergeRules(map);
  const script: ScriptMap = {
    name: map.name,
    spec: name,
    value,
    valueShape,
    perCpu,
    ...(keyType && !STORAGE.has(type) && { key: keyType, keyShape }),
    ...(wrapped && { setOffset: wrapped.offsets.set }),
    ...(merge && { merge }),
  };
  return { spec, script, type, perCpu, keyType, keyShape, valueShape, setOffset: wrapped?.offsets.set };
}

function kindOf(scalar: boolean, perCpu: boolean): MapType {
  if (scalar) return perCpu ? 'percpu_array' : 'array';
  return perCpu ? 'percpu_hash' : 'hash';
}

function mergeRules(map: MapTyping): Record<string, MergeRule> | undefined {
  const fields = map.declaration?.fields;
  return fields && Object.fromEntries(fields.map((field) => [field.name, (field.merge ?? 'sum') as MergeRule]));
}
