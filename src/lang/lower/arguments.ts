/** What the probe was given: fields of `args`, arg0 …, retval. */
import { type Address, address, imm, type Operand, type Size } from '../ir/index.ts';
import type { ArgumentPlace, ProbePoint, UsdtArgument } from '../probes/index.ts';
import type { FieldAccess } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import { isScalar, isSigned, type Type } from '../types/type.ts';
import { findField } from '../types/type-space.ts';
import type { Lowering } from './lowering.ts';
import { load, readBytes, store } from './memory.ts';
import { calling, stackArgument } from './registers.ts';
import { inMemory, type MemoryValue, offsetBy, type ScalarValue, scalar, type Value } from './value.ts';

/** `args.name` */
export function namedArgument(name: string, l: Lowering): Value {
  const args = l.point!.args!;
  const field = findField(args.struct, name)!;
  switch (args.in) {
    case 'slots':
      return slotValue(args.slots.get(name)!, field.type, l);
    case 'registers':
      return placedValue(args.places.get(name)!, field.type, l);
    case 'context':
      return tracepointField(field, l);
  }
}

/** All of `args`: as one value it is a copy. */
export function allArguments(l: Lowering): Value {
  const { in: place, struct } = l.point!.args!;
  if (place === 'context') return { kind: 'memory', type: struct, at: contextAt(0, l), space: 'context' };
  const slot = l.slot('args', struct);
  l.b.zero(slot, struct.size);
  for (const { name, offset, type } of struct.fields()) store(namedArgument(name, l), offsetBy(slot, offset), type, l);
  return inMemory(struct, slot);
}

/** What the caller put in registers or on its stack. */
function placedValue(place: ArgumentPlace, type: Type, l: Lowering): Value {
  if (place.in === 'stack') {
    const { registers, stack } = calling(l);
    const at = address(l.b.load(contextAt(registers.sp!, l), 8), stack + place.offset);
    const value: MemoryValue = { kind: 'memory', type, at, space: 'user' };
    return isScalar(type) ? load(value, l) : value;
  }
  const size = sizeOfType(type);
  const words = Array.from({ length: place.count }, (_, i) => registerArgument(place.first + i, l));
  if (isScalar(type))
    return scalar(type, size === 8 ? words[0]! : l.b.extend(words[0]!, size as 1 | 2 | 4, isSigned(type)));
  const slot = l.bytes('argument', words.length * 8);
  for (const [i, word] of words.entries()) l.b.store(offsetBy(slot, i * 8), 8, word);
  return inMemory(type, slot);
}

/** A field of what `ctx` points to; undefined for fields of anything else. */
export function contextField(node: FieldAccess, object: Value, l: Lowering): Value | undefined {
  if (object.kind !== 'scalar' || object.type.kind !== 'pointer' || object.type.space !== 'context') return undefined;
  const { to } = object.type;
  if (to.kind !== 'struct' || object.operand.kind !== 'reg') return undefined;
  const field = findField(to, node.name)!;
  const loaded = l.loaded.get(field.offset);
  if (loaded && field.type.kind === 'pointer') return scalar({ ...field.type, typed: true }, loaded);
  const at = address(object.operand, field.offset);
  const value: MemoryValue = { kind: 'memory', type: field.type, at, space: 'context' };
  return isScalar(field.type) ? load(value, l) : value;
}

const contextAt = (offset: number, l: Lowering): Address => address(l.context!, offset);

function slotValue(slot: number, type: Type, l: Lowering): Value {
  if (!isScalar(type)) return { kind: 'memory', type, at: contextAt(slot * 8, l), space: 'context' };
  const whole = l.b.load(contextAt(slot * 8, l), 8);
  const size = sizeOfType(type);
  const reg = size === 8 ? whole : l.b.extend(whole, size as 1 | 2 | 4, isSigned(type));
  return scalar(type, reg);
}

function tracepointField(field: ReturnType<typeof findField> & object, l: Lowering): Value {
  const at = contextAt(field.offset, l);
  if (field.dataLoc) {
    const place = l.b.load(at, 4);
    return scalar(field.type, l.b.add(l.context!, l.b.binary('and', place, imm(0xffff))));
  }
  const value: MemoryValue = {
    kind: 'memory',
    type: field.type,
    at,
    space: 'context',
    ...(field.bits && { bits: field.bits }),
  };
  return isScalar(field.type) ? load(value, l) : value;
}

/** argN, or undefined where this probe has none. */
export function numberedArgument(index: number, type: Type, l: Lowering): ScalarValue | undefined {
  const argN = l.point?.argN;
  switch (argN?.in) {
    case 'slots':
      return scalar(type, l.b.load(contextAt(index * 8, l), 8));
    case 'registers':
      return scalar(type, registerArgument(index, l));
    case 'usdt':
      return scalar(type, usdtArgument(index, argN.sites, l));
    default:
      return undefined;
  }
}

function registerArgument(index: number, l: Lowering): Operand {
  const { registers, arguments: names } = calling(l);
  const name = names[index];
  if (name !== undefined) return l.b.load(contextAt(registers[name]!, l), 8);
  const stack = l.b.load(contextAt(registers.sp!, l), 8);
  return readWord(address(stack, stackArgument(index, l)), 8, false, l);
}

function readWord(from: Address, size: Size, signed: boolean, l: Lowering): Operand {
  const slot = l.bytes('argument', 8);
  readBytes(slot, imm(size), from, 'user', l);
  return l.b.load(slot, size, signed);
}

/** Sites that pass it alike share the code; the cookie is asked only where they differ. */
function usdtArgument(index: number, sites: readonly (readonly UsdtArgument[])[], l: Lowering): Operand {
  const groups = groupBy(sites, (site) => JSON.stringify(site[index], (_, v) => (typeof v === 'bigint' ? `${v}` : v)));
  if (groups.length === 1) return usdtValue(sites[0]![index], l);
  const cookie = l.b.helper('get_attach_cookie', [l.context!]);
  const result = l.b.mov(imm(0));
  for (const group of groups) {
    for (const site of group) {
      l.b.when('eq', cookie, imm(site), () => l.b.mov(usdtValue(sites[site]![index], l), result));
    }
  }
  return result;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, item] of items.entries()) groups.set(key(item), [...(groups.get(key(item)) ?? []), i]);
  return [...groups.values()];
}

function usdtValue(argument: UsdtArgument | undefined, l: Lowering): Operand {
  if (!argument) return imm(0);
  const { place, size, signed } = argument;
  if (place.in === 'constant') return imm(place.value);
  if (place.in === 'register') {
    const whole = register(place.register, l);
    return size === 8 ? whole : l.b.extend(whole, size, signed);
  }
  let base: Operand = register(place.base, l);
  if (place.index) base = l.b.add(base, l.b.binary('mul', register(place.index, l), imm(place.scale)));
  const at = place.offset === 0n ? base : l.b.add(base, imm(place.offset));
  return readWord(address(at.kind === 'reg' ? at : l.b.mov(at)), size, signed, l);
}

/** Any name of a register, whatever its width: %edi is the low half of rdi. */
function register(name: string, l: Lowering) {
  const { registers, whole } = calling(l);
  return l.b.load(contextAt(registers[whole(name)] ?? 0, l), 8);
}

/** reg("name") */
export function namedRegister(name: string, l: Lowering): Operand | undefined {
  const offset = calling(l).registers[name];
  return offset === undefined ? undefined : l.b.load(contextAt(offset, l), 8);
}

export function returnValue(point: ProbePoint, type: Type, l: Lowering): Value | undefined {
  if (point.retval === undefined) return undefined;
  if (point.retval !== 'register') return slotValue(point.retval.slot, type, l);
  const { registers, result } = calling(l);
  return scalar(type, l.b.load(contextAt(registers[result]!, l), 8));
}
