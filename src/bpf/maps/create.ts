/** From a MapSpec to a map in the kernel. */

import { PebbleError } from '../../base/errors.ts';
import { bytes, type Decoded, i32, type Shape, sizeOf, u32, u64 } from '../../base/record.ts';
import { type MapSpec, type MapType, mapTypeOf } from '../spec/index.ts';
import {
  COMMAND,
  closeFd,
  EINVAL,
  Element,
  ENOENT,
  EPERM,
  type MapCreateAttr,
  mapCreate,
  mapFreeze,
  mapInfo,
  must,
  needs,
  objGet,
  objPin,
  possibleCpus,
} from '../sys/index.ts';
import { ArenaMap } from './arena.ts';
import { loadMapBtf } from './btf.ts';
import { type Codec, codecOf, perCpu } from './codec.ts';
import { MapHandle, type MapParts } from './handle.ts';
import { KeyedMap } from './keyed.ts';
import { mapKind, type TypesWith } from './kinds.ts';
import { MapOfMaps, ProgramArray } from './nested.ts';
import { BloomMap, QueueMap } from './queue.ts';
import { CgroupStorageMap, TaskStorageMap } from './storage.ts';

type DecodedIfKnown<S> = S extends Shape ? (Shape extends S ? unknown : Decoded<S>) : number;
export type KeyOf<S extends MapSpec> = DecodedIfKnown<S['key']>;
export type ValueOf<S extends MapSpec> = DecodedIfKnown<S['value']>;

/** The class that a spec's type gets; without a literal type only what all maps have. */
export type MapOf<S extends MapSpec> = MapType extends S['type']
  ? MapHandle
  : S['type'] extends TypesWith<'keyed'>
    ? KeyedMap<KeyOf<S>, ValueOf<S>>
    : S['type'] extends TypesWith<'per_cpu'>
      ? KeyedMap<KeyOf<S>, ValueOf<S>[]>
      : S['type'] extends TypesWith<'queue'>
        ? QueueMap<ValueOf<S>>
        : S['type'] extends TypesWith<'bloom'>
          ? BloomMap<ValueOf<S>>
          : S['type'] extends TypesWith<'maps'>
            ? MapOfMaps<KeyOf<S>>
            : S['type'] extends TypesWith<'programs'>
              ? ProgramArray
              : S['type'] extends 'task_storage'
                ? TaskStorageMap<ValueOf<S>>
                : S['type'] extends 'cgroup_storage'
                  ? CgroupStorageMap<ValueOf<S>>
                  : S['type'] extends TypesWith<'memory'>
                    ? ArenaMap
                    : MapHandle;

/** Flags of BPF_MAP_CREATE (linux/bpf.h). */
const FLAG = { noPrealloc: 1, numaNode: 1 << 2, readOnlyForPrograms: 1 << 7, mmapable: 1 << 10 } as const;

/**
 * Creates a map; with `pin`, takes the one that is pinned there already if it is alike, else pins the new one.
 * `btf` is the descriptor of the BTF that `spec.types` counts in.
 */
export function createMap<const S extends MapSpec>(spec: S, btf?: number): MapOf<S> {
  const full = completed(spec);
  const pinned = spec.pin === undefined ? undefined : openPin(full, spec.pin);
  if (pinned !== undefined) return wrap(full, pinned) as MapOf<S>;
  const map = wrap(full, createAndFill(full, btf));
  if (map instanceof ArenaMap && spec.initial) fillArena(map, spec.initial);
  return map as MapOf<S>;
}

/** Its descriptor takes no bytes: they are written where it is mapped. */
function fillArena(map: ArenaMap, initial: Uint8Array): void {
  try {
    map.write(0, initial);
  } catch (error) {
    map.close();
    throw error;
  }
}

/** A spec with the key and value that its type implies. */
interface CompleteSpec extends MapSpec {
  readonly keyShape: Shape | undefined;
  readonly valueShape: Shape | undefined;
}

function completed(spec: MapSpec): CompleteSpec {
  const { access } = mapKind(spec.type);
  const bare = spec.type === 'ringbuf' || spec.type === 'user_ringbuf' || spec.type === 'arena';
  const keyless = bare || access === 'queue' || access === 'bloom';
  const perCpuArray = spec.type === 'perf_event_array' && spec.maxEntries === 0;
  return {
    ...spec,
    maxEntries: perCpuArray ? possibleCpus() : spec.maxEntries,
    keyShape: keyless ? undefined : access === 'storage' ? i32 : (spec.key ?? u32),
    valueShape: bare ? undefined : (spec.value ?? u32),
  };
}

function createAndFill(spec: CompleteSpec, btf: number | undefined): number {
  const fd = createFd(spec, btf);
  try {
    if (spec.initial && spec.type !== 'arena') writeInitial(spec, fd, spec.initial);
    if (spec.flags?.readOnlyForPrograms) must(mapFreeze(fd), `freezing map "${spec.name}"`);
    if (spec.pin !== undefined) objPin(fd, spec.pin, `pinning map "${spec.name}"`);
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

function createFd(spec: CompleteSpec, collectionBtf: number | undefined): number {
  const { keyShape: key, valueShape: value } = spec;
  const { id, btf: wantsBtf } = mapKind(spec.type);
  const inner = spec.inner === undefined ? undefined : createFd(completed(spec.inner), collectionBtf);
  const given = collectionBtf === undefined ? undefined : spec.types;
  const btf = wantsBtf && given === undefined ? loadMapBtf(spec.name, key!, value!) : undefined;
  const create = (types: MapCreateAttr) =>
    mapCreate({
      map_type: id,
      key_size: key ? sizeOf(key) : 0,
      value_size: value ? sizeOf(value) : 0,
      max_entries: spec.maxEntries,
      map_flags: flagBits(spec),
      map_name: spec.name.replace(/[^\w.]/g, '_').slice(0, 15),
      ...(inner === undefined ? {} : { inner_map_fd: inner }),
      ...(spec.extra === undefined ? {} : { map_extra: spec.extra }),
      ...(spec.numaNode === undefined ? {} : { numa_node: spec.numaNode }),
      ...types,
    });
  try {
    let result: number;
    if (given) {
      result = create({ btf_fd: collectionBtf!, btf_key_type_id: given.key, btf_value_type_id: given.value });
      // Not every map type takes types, and older kernels take them for fewer.
      if (result < 0 && !wantsBtf) result = create({});
    } else {
      result = create(btf ? { btf_fd: btf.fd, btf_key_type_id: btf.key, btf_value_type_id: btf.value } : {});
    }
    return must(result, `creating map "${spec.name}" (${spec.type})`, (errno) => creationHint(spec, errno));
  } finally {
    if (inner !== undefined) closeFd(inner);
    if (btf) closeFd(btf.fd);
  }
}

function flagBits(spec: MapSpec): number {
  const flags = spec.flags ?? {};
  const storage = mapKind(spec.type).access === 'storage';
  return (
    (flags.raw ?? 0) |
    (spec.numaNode === undefined ? 0 : FLAG.numaNode) |
    (flags.noPrealloc || storage ? FLAG.noPrealloc : 0) |
    (flags.mmapable || spec.type === 'arena' ? FLAG.mmapable : 0) |
    (flags.readOnlyForPrograms ? FLAG.readOnlyForPrograms : 0)
  );
}

function creationHint(spec: MapSpec, errno: number): string | undefined {
  if (errno === EPERM) return needs('CAP_BPF');
  if (errno !== EINVAL) return undefined;
  const { since } = mapKind(spec.type);
  return since ? `maps of type ${spec.type} came with Linux ${since}` : 'check sizes and flags in its MapSpec';
}

function writeInitial(spec: CompleteSpec, fd: number, initial: Uint8Array): void {
  const size = sizeOf(spec.valueShape!);
  if (initial.length > size) {
    throw new PebbleError('internal', {
      doing: `filling map "${spec.name}"`,
      what: `${initial.length} bytes are given for a value of ${size}`,
    });
  }
  const element = new Element(fd, sizeOf(spec.keyShape!), size);
  element.value.bytes.set(initial);
  must(element.run(COMMAND.MAP_UPDATE_ELEM), `filling map "${spec.name}"`);
}

/** Descriptor of what is pinned at the path; undefined where nothing is. */
function openPin(spec: CompleteSpec, path: string): number | undefined {
  const result = objGet(path);
  if (result === -ENOENT) return undefined;
  const doing = `opening map "${spec.name}" pinned at ${path}`;
  const fd = must(result, doing);
  const info = mapInfo(fd);
  const [keySize, valueSize] = [spec.keyShape, spec.valueShape].map((shape) => (shape ? sizeOf(shape) : 0));
  if (info.type === mapKind(spec.type).id && info.key_size === keySize && info.value_size === valueSize) return fd;
  closeFd(fd);
  throw new PebbleError('kernel', {
    doing,
    what: `it has type ${info.type}, a key of ${info.key_size} bytes and a value of ${info.value_size}: not what is wanted`,
    hint: `remove ${path}, or pin elsewhere`,
  });
}

/**
 * A map that is pinned, whoever made it: its type is the kernel's answer. Without shapes, keys and values of 4 and 8
 * bytes are numbers, and others bytes.
 */
export function openPinned(path: string, shapes: Pick<MapSpec, 'key' | 'value'> = {}): MapHandle {
  const doing = `opening the map pinned at ${path}`;
  const fd = must(objGet(path), doing, (errno) => (errno === EPERM ? needs('CAP_BPF') : undefined));
  try {
    const { type: number, name, key_size, value_size, max_entries } = mapInfo(fd);
    const type = mapTypeOf(number);
    if (type === undefined)
      throw new PebbleError('unsupported', { doing, what: `maps of type ${number} are not known` });
    const keyShape = shapeFor(shapes.key, key_size, `${doing}: its keys`);
    const valueShape = shapeFor(shapes.value, value_size, `${doing}: its values`);
    return wrap({ name, type, maxEntries: max_entries, keyShape, valueShape }, fd);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

function shapeFor(shape: Shape | undefined, size: number, doing: string): Shape | undefined {
  if (size === 0) return undefined;
  if (shape === undefined) return size === 4 ? u32 : size === 8 ? u64 : bytes(size);
  if (sizeOf(shape) === size) return shape;
  throw new PebbleError('usage', { doing, what: `they have ${size} bytes, the given shape has ${sizeOf(shape)}` });
}

/** The object for a descriptor, which it owns from here on. */
function wrap(spec: CompleteSpec, fd: number): MapHandle {
  const parts: MapParts = { fd, name: spec.name, type: spec.type, maxEntries: spec.maxEntries };
  const key = () => codecOf(spec.keyShape!) as Codec<unknown>;
  const value = () => codecOf(spec.valueShape!) as Codec<unknown>;
  switch (mapKind(spec.type).access) {
    case 'keyed':
      return new KeyedMap(parts, key(), value());
    case 'per_cpu':
      return new KeyedMap(parts, key(), perCpu(value(), possibleCpus()));
    case 'queue':
      return new QueueMap(parts, value());
    case 'bloom':
      return new BloomMap(parts, value());
    case 'maps':
      return new MapOfMaps(parts, key());
    case 'programs':
      return new ProgramArray(parts);
    case 'storage':
      return spec.type === 'task_storage' ? new TaskStorageMap(parts, value()) : new CgroupStorageMap(parts, value());
    case 'memory':
      return arena(parts, spec.extra);
    case 'none':
      return new MapHandle(parts);
  }
}

function arena(parts: MapParts, address: bigint | undefined): ArenaMap {
  try {
    return new ArenaMap(parts, address);
  } catch (error) {
    closeFd(parts.fd);
    throw error;
  }
}
