/** Reads and writes of memory: plain loads where the verifier allows them, helpers elsewhere. */
import type { RecordShape } from '../../base/record.ts';
import { type Address, imm, type Operand, type Reg, type Size } from '../ir/index.ts';
import type { Expression } from '../syntax/ast.ts';
import { shapeOf, sizeOfType } from '../types/layout.ts';
import { type AddressSpace, isScalar, isSigned, type Type } from '../types/type.ts';
import { convert } from './convert.ts';
import type { Lowering } from './lowering.ts';
import { reportRead } from './runtime-errors.ts';
import { inMemory, type MemoryValue, offsetBy, type ScalarValue, scalar, type Value } from './value.ts';

type Readable = 'kernel' | 'user' | 'either';

/** Which helper reads an address of this space in this probe. */
export function readable(space: AddressSpace, l: Lowering): Readable {
  if (space === 'kernel' || space === 'context') return 'kernel';
  if (space === 'user') return 'user';
  const own = l.point?.kind.space ?? 'kernel';
  return own === 'unknown' ? 'either' : own;
}

const READ: Readonly<Record<Readable, string>> = {
  kernel: 'probe_read_kernel',
  user: 'probe_read_user',
  either: 'probe_read',
};
const READ_TEXT: Readonly<Record<Readable, string>> = {
  kernel: 'probe_read_kernel_str',
  user: 'probe_read_user_str',
  either: 'probe_read_str',
};

export const readTextHelper = (space: AddressSpace, l: Lowering): string => READ_TEXT[readable(space, l)];

export const pointerOf = (at: Address, l: Lowering): Operand =>
  'kind' in at.base && at.offset === 0 ? at.base : l.b.addressOf(at);

/** Copies bytes of foreign memory; gives the helper's result. */
export function readBytes(to: Address, size: Operand, from: Address, space: AddressSpace, l: Lowering): Reg {
  const source = pointerOf(from, l);
  const helper = READ[readable(space, l)];
  const result = l.b.helper(helper, [pointerOf(to, l), size, source]);
  reportRead(helper, result, l);
  return result;
}

const isDirect = (value: MemoryValue): boolean => value.space === 'map' || value.typed === true;

export function scalarSize(type: Type): Size {
  const size = sizeOfType(type);
  return size === 1 || size === 2 || size === 4 ? size : 8;
}

/** The value of a scalar in memory. */
export function load(value: MemoryValue, l: Lowering): ScalarValue {
  const size = scalarSize(value.type);
  const signed = isSigned(value.type);
  if (value.bits) return loadBits(value, size, l);
  return scalar(value.type, loadSized(value, size, signed, l));
}

function loadSized(value: MemoryValue, size: Size, signed: boolean, l: Lowering): Reg {
  if (isDirect(value) || value.space === 'context') return l.b.load(value.at, size, signed);
  const slot = l.bytes('read', 8);
  readBytes(slot, imm(size), value.at, value.space, l);
  return l.b.load(slot, size, signed);
}

/** Without a sign, whatever C says: so bpftrace reads them. */
function loadBits(value: MemoryValue, size: Size, l: Lowering): ScalarValue {
  const { offset, width } = value.bits!;
  const whole = loadSized(value, offset + width > size * 8 ? 8 : size, false, l);
  const high = l.b.binary('shl', whole, imm(64 - offset - width));
  return scalar(value.type, l.b.binary('ushr', high, imm(64 - width)));
}

/** A value as one that can be used in a register. */
export function toScalar(value: Value, l: Lowering): ScalarValue {
  if (value.kind === 'scalar') return value;
  if (value.kind === 'memory' && isScalar(value.type)) return load(value, l);
  return scalar({ kind: 'int', size: 8, signed: false }, imm(0));
}

/** A value as bytes that plain loads reach. */
export function toMemory(value: Value, l: Lowering): MemoryValue {
  if (value.kind === 'memory' && isDirect(value) && !value.typed) return value;
  const type = value.kind === 'none' ? ({ kind: 'int', size: 8, signed: false } as const) : value.type;
  const slot = l.slot('value', type);
  store(value, slot, type, l);
  return inMemory(type, slot);
}

/** How many bytes a script asks for: at most so many. A negative number is a large one, as the verifier sees it. */
export function lengthOf(length: Expression, most: number, l: Lowering): Operand {
  const asked = toScalar(l.value(length), l).operand;
  if (asked.kind === 'imm') return imm(BigInt.asUintN(64, asked.value) > BigInt(most) ? most : asked.value);
  const count = l.b.mov(asked);
  l.b.when('ugt', count, imm(most), () => l.b.mov(imm(most), count));
  return count;
}

/** Writes a value into memory of ours, as `type`. All bytes of the type are written. */
export function store(value: Value, to: Address, type: Type, l: Lowering): void {
  switch (value.kind) {
    case 'none':
      return l.b.zero(to, sizeOfType(type));
    case 'scalar':
      return storeScalar(value, to, type, l);
    case 'literal':
      return storeText(value.bytes, to, sizeOfType(type), l);
    case 'memory':
      return storeMemory(value, to, type, l);
  }
}

function storeScalar(value: ScalarValue, to: Address, type: Type, l: Lowering): void {
  if (type.kind === 'array' || type.kind === 'string') return storeWord(value, to, sizeOfType(type), l);
  l.b.store(to, scalarSize(type), convert(value, type, l).operand);
}

/** An integer cast to an array of its bytes. */
function storeWord(value: ScalarValue, to: Address, size: number, l: Lowering): void {
  if (size === 1 || size === 2 || size === 4 || size === 8) return l.b.store(to, size, value.operand);
  l.b.zero(to, size);
  l.b.store(to, 8, value.operand);
}

/** Writes known bytes by the widest stores, then zeros. */
export function storeText(text: Buffer, to: Address, size: number, l: Lowering): void {
  const used = text.subarray(0, size);
  const words = Math.min(size, Math.ceil((used.length + 1) / 8) * 8);
  const padded = Buffer.alloc(words + 8);
  used.copy(padded);
  for (let at = 0; at < words; ) {
    const width = widest(words - at, to.offset + at);
    l.b.store(offsetBy(to, at), width, imm(wordAt(padded, at, width)));
    at += width;
  }
  if (words < size) l.b.zero(offsetBy(to, words), size - words);
}

/** The largest access of at most `left` bytes that is aligned at `offset`: the verifier insists on it for the stack. */
export function widest(left: number, offset: number): Size {
  for (const size of [8, 4, 2] as const) if (left >= size && offset % size === 0) return size;
  return 1;
}

export function wordAt(bytes: Buffer, at: number, width: Size): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}

function storeMemory(value: MemoryValue, to: Address, type: Type, l: Lowering): void {
  const { type: from } = value;
  if (isScalar(from) && isScalar(type)) return storeScalar(load(value, l), to, type, l);
  if (from.kind === 'tuple' && type.kind === 'tuple') return storeFields(value, to, type, l);
  if (from.kind === 'record' && type.kind === 'record') return storeFields(value, to, type, l);
  const size = sizeOfType(type);
  const own = Math.min(size, sizeOfType(from));
  if (isDirect(value) && !value.typed) l.b.copy(to, value.at, own);
  else readBytes(to, imm(own), value.at, value.typed ? 'kernel' : value.space, l);
  if (own < size) l.b.zero(offsetBy(to, own), size - own);
}

function storeFields(value: MemoryValue, to: Address, type: Type, l: Lowering): void {
  const from = fieldsOf(value.type);
  if (sizeOfType(type) === sizeOfType(value.type) && sameOffsets(from, fieldsOf(type))) {
    return l.b.copy(to, value.at, sizeOfType(type));
  }
  l.b.zero(to, sizeOfType(type));
  for (const field of fieldsOf(type)) {
    const source = from.find((one) => one.name === field.name)!;
    store(
      { ...value, type: source.type, at: offsetBy(value.at, source.offset) },
      offsetBy(to, field.offset),
      field.type,
      l,
    );
  }
}

interface PlacedField {
  readonly name: string;
  readonly type: Type;
  readonly offset: number;
}

const sameOffsets = (a: readonly PlacedField[], b: readonly PlacedField[]): boolean =>
  a.every(
    (field, i) =>
      field.name === b[i]!.name && field.offset === b[i]!.offset && sizeOfType(field.type) === sizeOfType(b[i]!.type),
  );

/** Elements of tuples and fields of records with their places. */
export function fieldsOf(type: Type): PlacedField[] {
  if (type.kind !== 'tuple' && type.kind !== 'record') return [];
  const { offsets } = shapeOf(type) as RecordShape;
  return type.kind === 'tuple'
    ? type.of.map((of, i) => ({ name: `${i}`, type: of, offset: offsets[`_${i}`]! }))
    : type.fields.map((field) => ({ ...field, offset: offsets[field.name]! }));
}
