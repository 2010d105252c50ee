/** What every value becomes before it is printed: a small tree that the text and the JSON output share. */

/**
 * Text as bytes, one character (0 … 255) each: traced programs write any bytes, and they go out as they came in.
 * `Buffer.from(text, 'latin1')` gives the bytes.
 */
export type ByteText = string;

export interface PrintableInt {
  readonly kind: 'int';
  readonly value: bigint;
  readonly signed: boolean;
}
export interface PrintableFloat {
  readonly kind: 'float';
  readonly value: number;
  /** As few digits as tell it from its neighbours of its size. */
  readonly text: string;
}
/** A number that text output shows by name: enums, pointers, labels such as 4K. JSON has the number. */
export interface PrintableSymbol {
  readonly kind: 'symbol';
  readonly text: ByteText;
  readonly value: bigint;
}
export interface PrintableList {
  readonly kind: 'array' | 'tuple';
  readonly of: readonly Printable[];
}
export interface PrintableRecord {
  readonly kind: 'record';
  readonly fields: readonly (readonly [name: string, value: Printable])[];
}
export interface PrintableBuffer {
  readonly kind: 'buffer';
  readonly bytes: Uint8Array;
}

export type Printable =
  | null
  | boolean
  | ByteText
  | PrintableInt
  | PrintableFloat
  | PrintableSymbol
  | PrintableList
  | PrintableRecord
  | PrintableBuffer;

/** `size` in bytes. */
export function float(value: number, size: 4 | 8): PrintableFloat {
  if (size === 8 || !Number.isFinite(value)) return { kind: 'float', value, text: String(value) };
  let digits = 1;
  while (Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
  return { kind: 'float', value, text: String(Number(value.toPrecision(digits))) };
}

export const int64 = (value: bigint): PrintableInt => ({ kind: 'int', value: BigInt.asIntN(64, value), signed: true });
export const uint64 = (value: bigint): PrintableInt => ({
  kind: 'int',
  value: BigInt.asUintN(64, value),
  signed: false,
});
export const integer = (value: bigint, signed: boolean): PrintableInt => (signed ? int64(value) : uint64(value));
export const symbol = (text: ByteText, value: bigint): PrintableSymbol => ({ kind: 'symbol', text, value });

/** Text of this program (messages, names) as bytes of UTF-8. */
export const toBytes = (text: string): ByteText => Buffer.from(text).toString('latin1');
