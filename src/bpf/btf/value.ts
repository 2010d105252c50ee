/** Bytes of a BTF type as plain JavaScript values, ready for JSON (but for bigint beyond 2^53). */
import { textAt } from '../../base/bytes.ts';
import { PebbleError } from '../../base/errors.ts';
import type { Btf } from './btf.ts';
import { type FieldPlace, placeOf, resolve } from './layout.ts';
import type { BtfType, CompositeType, DatasecType, EnumType, IntType, Member, TypeId } from './types.ts';

export type BtfValue = null | boolean | number | bigint | string | readonly BtfValue[] | BtfRecord;
export interface BtfRecord {
  readonly [name: string]: BtfValue;
}

/** Reads one value at an offset; made once for a type, then cheap. */
export type ValueReader = (bytes: Buffer, offset: number) => BtfValue;

interface Reader {
  readonly size: number;
  /** Values that one reading makes: bounds the work that damaged or hostile BTF can ask for. */
  readonly values: number;
  readonly read: ValueReader;
}

const MAX_VALUES = 1_000_000;

/** Integers are numbers while they are exact, else bigint; char arrays text; enums names; pointers "0x…". */
export function valueReader(btf: Btf, id: TypeId): ValueReader {
  const { size, read } = new ReaderMaker(btf).make(id);
  return (bytes, offset) => {
    if (offset + size > bytes.length) {
      throw new PebbleError('format', {
        doing: `decoding a value of type ${btf.nameOf(id) || id}`,
        what: `it takes ${size} bytes, there are ${bytes.length - offset}`,
      });
    }
    return read(bytes, offset);
  };
}

export function formatValue(btf: Btf, id: TypeId, bytes: Buffer): BtfValue {
  return valueReader(btf, id)(bytes, 0);
}

class ReaderMaker {
  readonly #btf: Btf;
  readonly #made = new Map<TypeId, Reader | 'being made'>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  make(id: TypeId): Reader {
    const known = this.#made.get(id);
    if (known === 'being made') return this.#fail(`type ${id} contains itself`);
    if (known) return known;
    this.#made.set(id, 'being made');
    const reader = this.#readerOf(resolve(this.#btf, id));
    if (reader.values > MAX_VALUES) this.#fail(`a value of type ${id} has more than ${MAX_VALUES} parts`);
    this.#made.set(id, reader);
    return reader;
  }

  #readerOf(type: BtfType): Reader {
    switch (type.kind) {
      case 'int':
        return { size: type.size, values: 1, read: intReader(type) };
      case 'ptr':
        return { size: 8, values: 1, read: (bytes, at) => `0x${bytes.readBigUInt64LE(at).toString(16)}` };
      case 'enum':
      case 'enum64':
        return { size: type.size, values: 1, read: enumReader(type) };
      case 'float':
        return { size: type.size, values: 1, read: floatReader(type.size) };
      case 'array':
        return this.#arrayReader(type.type, type.count);
      case 'struct':
      case 'union':
        return this.#compositeReader(type);
      case 'var':
        return this.make(type.type);
      case 'datasec':
        return this.#datasecReader(type);
      default:
        return { size: 0, values: 1, read: () => null };
    }
  }

  #arrayReader(elementType: TypeId, count: number): Reader {
    const element = resolve(this.#btf, elementType);
    if (element.kind === 'int' && element.size === 1 && element.name === 'char') return textReader(count);
    const { size, values, read } = this.make(elementType);
    if (size === 0) return { size: 0, values: 1, read: () => [] };
    return {
      size: size * count,
      values: values * count + 1,
      read: (bytes, at) => Array.from({ length: count }, (_, i) => read(bytes, at + i * size)),
    };
  }

  /** Members of anonymous structs and unions appear in the record that contains them. */
  #compositeReader(type: CompositeType): Reader {
    const members = type.members.map((member) => this.#memberReader(type, member));
    const read: ValueReader = (bytes, at) => {
      const record: Record<string, BtfValue> = {};
      for (const member of members) {
        const value = member.read(bytes, at + member.offset);
        if (member.name !== '') record[member.name] = value;
        else if (value !== null && typeof value === 'object') Object.assign(record, value);
      }
      return record;
    };
    return { size: type.size, values: members.reduce((sum, member) => sum + member.values, 1), read };
  }

  #memberReader(
    type: CompositeType,
    member: Member,
  ): { name: string; offset: number; values: number; read: ValueReader } {
    const reader = this.make(member.type);
    const place = placeOf(this.#btf, member);
    const endBits = place.offsetBits + (place.bitSize || reader.size * 8);
    if (endBits > type.size * 8 || (place.bitSize === 0 && place.offsetBits % 8 !== 0)) {
      this.#fail(`member "${member.name}" of type ${type.id} lies outside of it or within a byte`);
    }
    const { name } = member;
    if (place.bitSize === 0) return { name, offset: place.offsetBits / 8, values: reader.values, read: reader.read };
    return { name, offset: 0, values: 1, read: bitFieldReader(this.#btf, place) };
  }

  #datasecReader(type: DatasecType): Reader {
    const variables = type.variables.map((variable) => {
      const reader = this.make(variable.type);
      if (variable.offset + reader.size > type.size) this.#fail(`a variable of ${type.name} lies outside of it`);
      return { name: this.#btf.nameOf(variable.type), offset: variable.offset, ...reader };
    });
    return {
      size: type.size,
      values: variables.reduce((sum, variable) => sum + variable.values, 1),
      read: (bytes, at) =>
        Object.fromEntries(variables.map(({ name, offset, read }) => [name, read(bytes, at + offset)])),
    };
  }

  #fail(what: string): never {
    throw new PebbleError('format', { doing: `reading ${this.#btf.name}`, what });
  }
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function intReader(type: IntType): ValueReader {
  const { size, signed } = type;
  if (type.bool) return (bytes, at) => bytes.subarray(at, at + size).some((byte) => byte !== 0);
  if (size > 6) return (bytes, at) => exact(wideInt(bytes, at, size, signed));
  if (size === 0) return () => 0;
  return signed ? (bytes, at) => bytes.readIntLE(at, size) : (bytes, at) => bytes.readUIntLE(at, size);
}

function wideInt(bytes: Buffer, at: number, size: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

function enumReader(type: EnumType): ValueReader {
  const names = new Map(type.values.toReversed().map(({ name, value }) => [value, name]));
  return (bytes, at) => {
    const value = wideInt(bytes, at, type.size, type.signed);
    return names.get(value) ?? exact(value);
  };
}

function floatReader(size: number): ValueReader {
  if (size === 4) return (bytes, at) => bytes.readFloatLE(at);
  if (size === 8) return (bytes, at) => bytes.readDoubleLE(at);
  // long double and half floats have no counterpart: their bytes.
  return (bytes, at) => bytes.toString('hex', at, at + size);
}

function textReader(count: number): Reader {
  return { size: count, values: 1, read: (bytes, at) => textAt(bytes.subarray(at, at + count), 0) };
}

/** Offsets of bit-fields count from the start of the struct, from the lowest bit. */
function bitFieldReader(btf: Btf, place: FieldPlace): ValueReader {
  const type = resolve(btf, place.type);
  const signed = (type.kind === 'int' || type.kind === 'enum') && type.signed;
  const first = Math.floor(place.offsetBits / 8);
  const size = Math.ceil((place.offsetBits + place.bitSize) / 8) - first;
  const shift = BigInt(place.offsetBits % 8);
  return (bytes, at) => {
    const value = wideInt(bytes, at + first, size, false) >> shift;
    const bits = signed ? BigInt.asIntN(place.bitSize, value) : BigInt.asUintN(place.bitSize, value);
    if (type.kind === 'int' && type.bool) return bits !== 0n;
    return (type.kind === 'enum' && type.values.find((entry) => entry.value === bits)?.name) || exact(bits);
  };
}
