/** How a value of each type lies in memory: in map keys and values, and in ring records. */

import type { FieldShapes } from '../../base/record.ts';
import {
  array,
  bytes,
  i8,
  i16,
  i32,
  i64,
  record,
  type Shape,
  sizeOf,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../../base/record.ts';
import type { StructType, Type } from './type.ts';

const SIGNED = { 1: i8, 2: i16, 4: i32, 8: i64 } as const;
const UNSIGNED = { 1: u8, 2: u16, 4: u32, 8: u64 } as const;

/** A stack is kept once, in the map of its mode and limit, under this key; values hold only the key. */
export const STACK_KEY = record('stack_key', { hash: u64, frames: u32, pid: u32, probe: u32 });
/** `pid` and `probe` say whose address space the address is of. */
export const USYM = record('usym', { address: u64, pid: u32, probe: u32 });
/** AF_INET or AF_INET6, then the address in network order. */
export const INET = record('inet', { family: u64, address: bytes(16) });
export const TIMESTAMP = record('timestamp', { nanoseconds: u64 });
export const AVG = record('avg', { total: i64, count: u64 });
/** `set` tells an untouched CPU's copy from a value of 0. */
export const EXTREME = record('extreme', { value: u64, set: u64 });
/** One bucket of a time series; `epoch` is the interval's number since the clock's start. */
export const TSERIES_BUCKET = record('tseries_bucket', { value: i64, meta: u64, epoch: u64 });

/** Buckets of hist(n, bits): negative values, each value below 2^bits, then 2^bits for each power of two up to 2^62. */
export const histBuckets = (bits: number): number => ((64 - bits) << bits) + 1;

/** Buckets of ehist(n, scale): negative values, 0, then 2^scale for each power of two up to 2^62. */
export const ehistBuckets = (scale: number): number => (63 << scale) + 2;

export const lhistBuckets = (min: bigint, max: bigint, step: bigint): number =>
  Number((max - min + step - 1n) / step) + 2;

const shapes = new WeakMap<Type, Shape>();

export function shapeOf(type: Type): Shape {
  let shape = shapes.get(type);
  if (!shape) {
    shape = computeShape(type);
    shapes.set(type, shape);
  }
  return shape;
}

function computeShape(type: Type): Shape {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return (type.signed ? SIGNED : UNSIGNED)[type.size];
    case 'float':
      return type.size === 4 ? u32 : u64;
    case 'bool':
      return u8;
    case 'string':
      return text(type.size);
    case 'buffer':
      return record('buffer', { length: u32, bytes: bytes(type.size) });
    case 'array':
      return array(shapeOf(type.of), type.length);
    case 'struct':
      return structShape(type);
    case 'tuple':
      return record('tuple', Object.fromEntries(type.of.map((of, i) => [`_${i}`, shapeOf(of)])));
    case 'record':
      return record('record', Object.fromEntries(type.fields.map((f) => [f.name, shapeOf(f.type)])) as FieldShapes);
    case 'stack':
      return STACK_KEY;
    case 'usym':
      return USYM;
    case 'inet':
      return INET;
    case 'mac':
      return bytes(6);
    case 'timestamp':
      return TIMESTAMP;
    case 'avg':
    case 'stats':
      return AVG;
    case 'min':
    case 'max':
      return EXTREME;
    case 'hist':
      return array(u64, histBuckets(type.bits));
    case 'ehist':
      return array(u64, ehistBuckets(type.scale));
    case 'lhist':
      return array(u64, lhistBuckets(type.min, type.max, type.step));
    case 'tseries':
      return array(TSERIES_BUCKET, type.buckets);
    case 'none':
    case 'void':
      return bytes(0);
    default:
      return u64;
  }
}

/** A C struct by its fields; where they overlap, are bits or stand at odd offsets, as whole words. */
function structShape(type: StructType): Shape {
  const fields = type.fields();
  const name = type.name.replace(/^(struct|union) /, '').replace(/\W/g, '_');
  if (fields.every((field) => field.name !== '' && !field.bits && !field.dataLoc)) {
    const natural = record(name, Object.fromEntries(fields.map((field) => [field.name, shapeOf(field.type)])));
    if (natural.size === type.size && fields.every((field) => natural.offsets[field.name] === field.offset))
      return natural;
  }
  const unit = UNSIGNED[type.align];
  return record(name, { words: array(unit, type.size / type.align) });
}

export const sizeOfType = (type: Type): number => sizeOf(shapeOf(type));
