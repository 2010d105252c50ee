/** From the bytes of a type to a printable value: one reader a type, built once and used for every event. */
import type { RecordShape, Shape } from '../../base/record.ts';
import { sizeOf } from '../../base/record.ts';
import { INET, shapeOf, sizeOfType, TIMESTAMP, USYM } from '../../lang/types/layout.ts';
import type { EnumType, Field, StringType, StructType, Type } from '../../lang/types/type.ts';
import { inetText } from './inet.ts';
import { type ByteText, float, integer, type Printable, symbol, toBytes } from './printable.ts';
import type { Resolver } from './resolver.ts';
import { formatTimestamp } from './strftime.ts';

export type Reader = (view: DataView, offset: number) => Printable;

export interface ReadContext {
  readonly resolver: Resolver;
  /** Appended to texts that filled their buffer: they were cut. */
  readonly truncationTrailer: ByteText;
}

let lastBuffer: ArrayBufferLike | undefined;
let lastBytes: Buffer = Buffer.alloc(0);

/** A Buffer over all memory that the view lies in: events of one ring share it. */
function bytesOf(view: DataView): Buffer {
  if (view.buffer !== lastBuffer) {
    lastBuffer = view.buffer;
    lastBytes = Buffer.from(view.buffer);
  }
  return lastBytes;
}

/** Text up to its NUL; `trailer` when there is none. */
/** What follows a text that fills its buffer. */
export const trailerOf = ({ exact }: StringType, { truncationTrailer }: ReadContext): ByteText =>
  exact ? '' : truncationTrailer;

export function readText(view: DataView, offset: number, size: number, trailer: ByteText): ByteText {
  let length = 0;
  while (length < size && view.getUint8(offset + length) !== 0) length++;
  if (length === 0) return '';
  const start = view.byteOffset + offset;
  const text = bytesOf(view).toString('latin1', start, start + length);
  return length === size ? text + trailer : text;
}

function bytesAt(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}

/** An integer of any size. */
export function readInt(view: DataView, offset: number, size: number, signed: boolean): bigint {
  switch (size) {
    case 1:
      return BigInt(signed ? view.getInt8(offset) : view.getUint8(offset));
    case 2:
      return BigInt(signed ? view.getInt16(offset, true) : view.getUint16(offset, true));
    case 4:
      return BigInt(signed ? view.getInt32(offset, true) : view.getUint32(offset, true));
    default:
      return signed ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true);
  }
}

/** `shape`: how this value lies in memory where that is not what its type alone says. */
export function readerOf(type: Type, context: ReadContext, shape?: Shape): Reader {
  const { resolver } = context;
  switch (type.kind) {
    case 'none':
    case 'void':
      return () => null;
    case 'bool':
      return (view, offset) => view.getUint8(offset) !== 0;
    case 'int': {
      const { size, signed } = type;
      return (view, offset) => integer(readInt(view, offset, size, signed), signed);
    }
    case 'float':
      return (view, offset) =>
        float(type.size === 4 ? view.getFloat32(offset, true) : view.getFloat64(offset, true), type.size);
    case 'enum':
      return (view, offset) => enumValue(type, readInt(view, offset, type.size, false));
    case 'string': {
      const size = shape ? sizeOf(shape) : type.size;
      const trailer = trailerOf(type, context);
      return (view, offset) => readText(view, offset, size, trailer);
    }
    case 'buffer':
      return (view, offset) => ({
        kind: 'buffer',
        bytes: bytesAt(view, offset + 4, Math.min(view.getUint32(offset, true), type.size)),
      });
    case 'pointer':
      return (view, offset) => {
        const address = view.getBigUint64(offset, true);
        return symbol(`0x${address.toString(16)}`, address);
      };
    case 'array': {
      const read = readerOf(type.of, context);
      const step = sizeOfType(type.of);
      return (view, offset) => ({
        kind: 'array',
        of: Array.from({ length: type.length }, (_, i) => read(view, offset + i * step)),
      });
    }
    case 'struct':
      return structReader(type, context);
    case 'tuple': {
      const { offsets } = shapeOf(type) as RecordShape;
      const parts = type.of.map((of, i) => ({ at: offsets[`_${i}`]!, read: readerOf(of, context) }));
      return (view, offset) => ({ kind: 'tuple', of: parts.map(({ at, read }) => read(view, offset + at)) });
    }
    case 'record': {
      const { offsets } = shapeOf(type) as RecordShape;
      const fields = type.fields.map((field) => ({
        name: toBytes(field.name),
        at: offsets[field.name]!,
        read: readerOf(field.type, context),
      }));
      return (view, offset) => ({
        kind: 'record',
        fields: fields.map(({ name, at, read }) => [name, read(view, offset + at)] as const),
      });
    }
    case 'stack':
      return (view, offset) => resolver.stack(type, view, offset);
    case 'ksym':
      return (view, offset) => resolver.kernelSymbol(view.getBigUint64(offset, true));
    case 'usym': {
      const { address, pid, probe } = USYM.offsets;
      return (view, offset) =>
        resolver.userSymbol(
          view.getBigUint64(offset + address, true),
          view.getUint32(offset + pid, true),
          view.getUint32(offset + probe, true),
        );
    }
    case 'username':
      return (view, offset) => resolver.userName(view.getBigUint64(offset, true));
    case 'cgroupPath':
      return (view, offset) => resolver.cgroupPath(view.getBigUint64(offset, true), type.filter);
    case 'inet':
      return (view, offset) =>
        inetText(
          Number(view.getBigUint64(offset + INET.offsets.family, true)),
          bytesAt(view, offset + INET.offsets.address, 16),
        );
    case 'mac':
      return (view, offset) =>
        Array.from(bytesAt(view, offset, 6), (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(':');
    case 'timestamp': {
      const format = type.format;
      return (view, offset) =>
        formatTimestamp(
          format,
          resolver.epoch(type.clock, view.getBigUint64(offset + TIMESTAMP.offsets.nanoseconds, true)),
        );
    }
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
      return (view, offset) => integer(readInt(view, offset, 8, type.signed), type.signed);
    case 'hist':
    case 'ehist':
    case 'lhist':
    case 'tseries':
      throw new TypeError(`a ${type.kind} has no single printable value`);
  }
}

/** Names are looked up by the value as the enum has it; numbers without a name print unsigned. */
function enumValue(type: EnumType, value: bigint): Printable {
  const named = type.names.get(value) ?? type.names.get(BigInt.asIntN(type.size * 8, value));
  return symbol(named === undefined ? value.toString() : toBytes(named), value);
}

interface FieldReader {
  readonly name: ByteText;
  readonly read: Reader;
}

function structReader(type: StructType, context: ReadContext): Reader {
  const fields = fieldReaders(type, 0, context);
  return (view, offset) => ({
    kind: 'record',
    fields: fields.map(({ name, read }) => [name, read(view, offset)] as const),
  });
}

/** The fields of anonymous members count as the struct's own. */
function fieldReaders(type: StructType, base: number, context: ReadContext): FieldReader[] {
  return type.fields().flatMap((field) => {
    const at = base + field.offset;
    if (field.name === '' && field.type.kind === 'struct') return fieldReaders(field.type, at, context);
    const read = field.bits ? bitfieldReader(field, context) : readerOf(field.type, context);
    return [{ name: toBytes(field.name), read: (view, offset) => read(view, offset + at) }];
  });
}

function bitfieldReader(field: Field, context: ReadContext): Reader {
  const { offset: shift, width } = field.bits!;
  const signed = (field.type.kind === 'int' || field.type.kind === 'enum') && field.type.signed;
  const read = readerOf(field.type, context);
  const cell = new DataView(new ArrayBuffer(8));
  return (view, offset) => {
    let bits = 0n;
    for (let i = Math.ceil((shift + width) / 8) - 1; i >= 0; i--)
      bits = (bits << 8n) | BigInt(view.getUint8(offset + i));
    const value = bits >> BigInt(shift);
    const cut = signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
    cell.setBigUint64(0, BigInt.asUintN(64, cut), true);
    return read(cell, 0);
  };
}
