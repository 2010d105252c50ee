/**
 * Record layouts: one declaration yields sizes and offsets in C layout, the writer, the decoder, the BTF that
 * the kernel gets and the stores that the compiler emits. Little endian, as every kernel that we run on.
 */
import { decodeText } from './foreign-text.ts';

export type IntShape = { readonly kind: 'int'; readonly size: 1 | 2 | 4 | 8; readonly signed: boolean };
/** Raw bytes. */
export type BytesShape = { readonly kind: 'bytes'; readonly size: number };
/** NUL-terminated text in a fixed buffer; the NUL is missing where the text fills it. */
export type TextShape = { readonly kind: 'text'; readonly size: number };
export interface ArrayShape<Of = Shape> {
  readonly kind: 'array';
  readonly of: Of;
  readonly length: number;
}
export interface RecordShape<Fields extends FieldShapes = FieldShapes> {
  readonly kind: 'record';
  readonly name: string;
  readonly fields: Fields;
  readonly offsets: { readonly [Name in keyof Fields]: number };
  readonly size: number;
  readonly align: number;
}
export type FieldShapes = { readonly [name: string]: Shape };
export type Shape = IntShape | BytesShape | TextShape | ArrayShape | RecordShape;

/** What a decoder gives: 8-byte integers are bigints, smaller ones numbers. */
export type Decoded<S extends Shape> = S extends { kind: 'int'; size: 8 }
  ? bigint
  : S extends IntShape
    ? number
    : S extends BytesShape
      ? Uint8Array
      : S extends TextShape
        ? string
        : S extends ArrayShape<infer Of extends Shape>
          ? Decoded<Of>[]
          : S extends RecordShape<infer Fields>
            ? { -readonly [Name in keyof Fields]: Decoded<Fields[Name]> }
            : never;

const int = <Size extends 1 | 2 | 4 | 8>(size: Size, signed: boolean) => ({ kind: 'int', size, signed }) as const;
export const u8 = int(1, false);
export const u16 = int(2, false);
export const u32 = int(4, false);
export const u64 = int(8, false);
export const i8 = int(1, true);
export const i16 = int(2, true);
export const i32 = int(4, true);
export const i64 = int(8, true);
export const bytes = (size: number): BytesShape => ({ kind: 'bytes', size });
export const text = (size: number): TextShape => ({ kind: 'text', size });
export const array = <Of extends Shape>(of: Of, length: number): ArrayShape<Of> => ({ kind: 'array', of, length });

export function sizeOf(shape: Shape): number {
  return shape.kind === 'array' ? sizeOf(shape.of) * shape.length : shape.size;
}

export function alignOf(shape: Shape): number {
  switch (shape.kind) {
    case 'int':
      return shape.size;
    case 'array':
      return alignOf(shape.of);
    case 'record':
      return shape.align;
    default:
      return 1;
  }
}

export const alignUp = (offset: number, align: number): number => Math.ceil(offset / align) * align;

/** A struct in C layout: each field at its natural alignment, the whole padded to the largest. */
export function record<const Fields extends FieldShapes>(name: string, fields: Fields): RecordShape<Fields> {
  const offsets: Record<string, number> = {};
  let end = 0;
  let align = 1;
  for (const [field, shape] of Object.entries(fields)) {
    offsets[field] = alignUp(end, alignOf(shape));
    end = offsets[field] + sizeOf(shape);
    align = Math.max(align, alignOf(shape));
  }
  return {
    kind: 'record',
    name,
    fields,
    offsets: offsets as { [Name in keyof Fields]: number },
    size: alignUp(end, align),
    align,
  };
}

/** Reads one value at an offset. */
export type Decoder<S extends Shape> = (view: DataView, offset: number) => Decoded<S>;

const READ_INT = {
  1: (v: DataView, o: number, s: boolean) => (s ? v.getInt8(o) : v.getUint8(o)),
  2: (v: DataView, o: number, s: boolean) => (s ? v.getInt16(o, true) : v.getUint16(o, true)),
  4: (v: DataView, o: number, s: boolean) => (s ? v.getInt32(o, true) : v.getUint32(o, true)),
  8: (v: DataView, o: number, s: boolean) => (s ? v.getBigInt64(o, true) : v.getBigUint64(o, true)),
} as const;

function bytesAt(view: DataView, offset: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, size);
}

/** Text up to the first NUL. */
export function textAt(view: DataView, offset: number, size: number): string {
  const whole = bytesAt(view, offset, size);
  const end = whole.indexOf(0);
  return decodeText(end < 0 ? whole : whole.subarray(0, end));
}

const decoders = new WeakMap<Shape, ReturnType<typeof decoderOf>>();

/** Compiles the reader of a shape; the closures are built once and reused for every event. */
export function decoder<S extends Shape>(shape: S): Decoder<S> {
  const known = decoders.get(shape) ?? decoderOf(shape);
  decoders.set(shape, known);
  return known as Decoder<S>;
}

function decoderOf(shape: Shape): (view: DataView, offset: number) => unknown {
  switch (shape.kind) {
    case 'int': {
      const read = READ_INT[shape.size];
      return (view, offset) => read(view, offset, shape.signed);
    }
    case 'bytes':
      return (view, offset) => bytesAt(view, offset, shape.size).slice();
    case 'text':
      return (view, offset) => textAt(view, offset, shape.size);
    case 'array': {
      const element = decoderOf(shape.of);
      const step = sizeOf(shape.of);
      return (view, offset) => Array.from({ length: shape.length }, (_, i) => element(view, offset + i * step));
    }
    case 'record': {
      const fields = Object.entries(shape.fields).map(([name, field]) => ({
        name,
        read: decoderOf(field),
        at: shape.offsets[name]!,
      }));
      return (view, offset) => {
        const value: Record<string, unknown> = {};
        for (const field of fields) value[field.name] = field.read(view, offset + field.at);
        return value;
      };
    }
  }
}

/** Writes a value in its shape; padding and the rest of short texts are left as they are (zero the buffer first). */
export function write<S extends Shape>(shape: S, view: DataView, offset: number, value: Decoded<S>): void {
  writeAny(shape, view, offset, value);
}

function writeAny(shape: Shape, view: DataView, offset: number, value: unknown): void {
  switch (shape.kind) {
    case 'int':
      writeInt(shape, view, offset, value as number | bigint);
      break;
    case 'bytes':
      bytesAt(view, offset, shape.size).set((value as Uint8Array).subarray(0, shape.size));
      break;
    case 'text':
      new TextEncoder().encodeInto(value as string, bytesAt(view, offset, shape.size));
      break;
    case 'array':
      for (const [i, element] of (value as unknown[]).entries()) {
        writeAny(shape.of, view, offset + i * sizeOf(shape.of), element);
      }
      break;
    case 'record':
      for (const [name, field] of Object.entries(shape.fields)) {
        writeAny(field, view, offset + shape.offsets[name]!, (value as Record<string, unknown>)[name]);
      }
  }
}

function writeInt(shape: IntShape, view: DataView, offset: number, value: number | bigint): void {
  switch (shape.size) {
    case 1:
      view.setUint8(offset, Number(value) & 0xff);
      break;
    case 2:
      view.setUint16(offset, Number(value) & 0xffff, true);
      break;
    case 4:
      view.setUint32(offset, Number(BigInt.asUintN(32, BigInt(value))), true);
      break;
    case 8:
      view.setBigUint64(offset, BigInt.asUintN(64, BigInt(value)), true);
  }
}
