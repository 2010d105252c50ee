/** Functions on single entries of maps: delete, has_key, entry, and on whole ones: len. */
import { FunctionBuilder, imm } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { isStorage, storageHelper } from '../lower/map-plan.ts';
import { lookUp, lookUpOrInsert, openEntry } from '../lower/maps.ts';
import { toMemory } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { callOnMap } from '../lower/short-keys.ts';
import { offsetBy, scalar } from '../lower/value.ts';
import type { Call, Expression, MapAccess, MapReference } from '../syntax/ast.ts';
import { STACK_KEY } from '../types/layout.ts';
import { BOOL, INT64, pointerTo, type Type } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';

/** `f(@m, key)` as the access `@m[key]`, made once a call. */
const accesses = new WeakMap<Call, MapAccess | MapReference>();

function accessOf(call: Call): MapAccess | MapReference | undefined {
  const [map, key] = call.arguments;
  if (map?.kind === 'map-access' && !key) return map;
  if (map?.kind !== 'map') return undefined;
  if (!key) return map;
  let access = accesses.get(call);
  if (!access) {
    access = { kind: 'map-access', span: call.span, map, key };
    accesses.set(call, access);
  }
  return access;
}

const isMap = (argument: Expression, i: number): boolean =>
  i === 0 && (argument.kind === 'map' || argument.kind === 'map-access');

const scalarMessage = (call: Call): string =>
  call.name === 'delete'
    ? 'call to delete() with two arguments expects a map with explicit keys (non-scalar map)'
    : `call to ${call.name}() expects a map with explicit keys (non-scalar map)`;

/** Checks the key against the map's, which it may widen. */
function typeEntry(call: Call, t: Typing): Type | undefined {
  const access = accessOf(call);
  if (!access) return t.error(call, `${call.name}() expects a map argument`);
  const map = t.script.map(access.kind === 'map' ? access.name : access.map.name, access.span);
  if (!t.script.isReadable(map, access.span)) return undefined;
  if (access.kind === 'map-access') {
    map.scalar ??= false;
    if (map.scalar) return t.error(call, scalarMessage(call));
    const key = t.typeOf(access.key) ?? t.script.infer(access.key, t);
    if (key) t.growKey(map, key, call);
  } else {
    map.scalar ??= true;
    if (!map.scalar && !map.declaration)
      return t.error(
        call,
        `call to ${call.name}() with a single argument expects a map without explicit keys (scalar map)`,
      );
  }
  return map.value ?? t.undefinedMap(map.name, access);
}

const remove: FunctionRow = {
  name: 'delete',
  signature: 'bool delete(map, key)',
  doc: 'Removes an entry; false when there was none.',
  arguments: [1, 2],
  raw: isMap,
  type: (call, t) => (typeEntry(call, t) ? BOOL : undefined),
  lower(call, l) {
    const access = accessOf(call)!;
    const plan = l.plan(access);
    const entry = openEntry(access, l);
    if (isStorage(plan)) {
      const gone = l.b.helper(storageHelper(plan, 'delete'), [l.b.map(plan.spec.name), entry.owner!]);
      return scalar(BOOL, l.b.compare('eq', gone, imm(0)));
    }
    if (plan.setOffset !== undefined) return clearScalar(entry, l);
    const gone = callOnMap('map_delete_elem', plan, entry.key!, [], l);
    return scalar(BOOL, l.b.compare('eq', gone, imm(0)));
  },
};

function clearScalar(entry: ReturnType<typeof openEntry>, l: Lowering) {
  const found = lookUp(entry, l);
  const { spec } = entry.plan;
  const size = spec.value && 'size' in spec.value ? spec.value.size : 8;
  const clear = () => l.b.zero({ base: found, offset: 0 }, size);
  if (entry.key) l.b.when('ne', found, imm(0), clear);
  else clear();
  return scalar(BOOL, imm(1));
}

const hasKey: FunctionRow = {
  name: 'has_key',
  signature: 'bool has_key(map, key)',
  doc: 'Whether the map has an entry under the key.',
  arguments: [2, 2],
  raw: isMap,
  type: (call, t) => (typeEntry(call, t) ? BOOL : undefined),
  lower(call, l) {
    return scalar(BOOL, l.b.compare('ne', lookUp(openEntry(accessOf(call)!, l), l), imm(0)));
  },
};

const entryRow: FunctionRow = {
  name: 'entry',
  signature: 'T *entry(map[, key])',
  doc: 'Pointer to the value under the key, made of zeros if there was none; null when the map is full.',
  arguments: [1, 2],
  raw: isMap,
  type(call, t) {
    const value = typeEntry(call, t);
    return value && pointerTo(value, 'map');
  },
  lower: (call, l) => scalar(l.typeOf(call), lookUpOrInsert(openEntry(accessOf(call)!, l), l)),
};

const getRow: FunctionRow = {
  name: 'get',
  signature: 'T *get(map[, key])',
  doc: 'Pointer to the value under the key; null when there is none.',
  arguments: [1, 2],
  raw: isMap,
  type(call, t) {
    const value = typeEntry(call, t);
    return value && pointerTo(value, 'map');
  },
  lower: (call, l) => scalar(l.typeOf(call), lookUp(openEntry(accessOf(call)!, l), l)),
};

const len: FunctionRow = {
  name: 'len',
  signature: 'int64 len(map | stack)',
  doc: 'Number of entries of a map, or of frames of a stack.',
  arguments: [1, 1],
  raw: (argument) => argument.kind === 'map',
  type(call, t) {
    const [of] = call.arguments;
    if (of?.kind !== 'map') {
      const type = of && t.typeOf(of);
      if (type && type.kind !== 'stack') return t.error(call, 'call to len() expects a map, ustack, or kstack');
      return type && INT64;
    }
    const map = t.script.map(of.name, of.span);
    if (!t.script.isReadable(map, of.span)) return undefined;
    if (map.scalar) return t.error(call, 'call to len() expects a map with explicit keys (non-scalar map)');
    return INT64;
  },
  lower(call, l) {
    const [of] = call.arguments;
    if (of?.kind === 'map') return scalar(INT64, countEntries(of, l));
    const stack = toMemory(l.value(of!), l);
    return scalar(INT64, l.b.load(offsetBy(stack.at, STACK_KEY.offsets.frames), 4));
  },
};

/** A walk's result is the number of entries it saw. */
function countEntries(map: MapReference, l: Lowering) {
  const name = `${l.root.b.name}.len`;
  if (!l.root.callbacks.some((callback) => callback.name === name)) {
    const callback = new FunctionBuilder(name, 4);
    callback.return(imm(0));
    l.root.callbacks.push(callback.finish());
  }
  const { spec, short } = l.plan(map);
  const walk = (of: string) =>
    l.b.helper('for_each_map_elem', [l.b.map(of), l.b.functionAddress(name), imm(0), imm(0)]);
  return short ? l.b.add(walk(spec.name), walk(short.map)) : walk(spec.name);
}

export const MAPS: readonly FunctionRow[] = [remove, hasKey, entryRow, getRow, len];
