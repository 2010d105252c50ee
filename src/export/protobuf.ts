/** Writes messages of Protocol Buffers: fields by number, in the wire format (https://protobuf.dev/programming-guides/encoding). */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

export class Message {
  readonly #parts: Buffer[] = [];

  /** Of any size below 2^53; also int64 of any sign as a bigint. */
  uint(field: number, value: number | bigint): this {
    return this.#push(field, VARINT, varint(BigInt(value)));
  }

  /** Zigzag, as sint32 and sint64. */
  sint(field: number, value: number): this {
    return this.#push(field, VARINT, varint(value < 0 ? BigInt(value) * -2n - 1n : BigInt(value) * 2n));
  }

  double(field: number, value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return this.#push(field, FIXED64, bytes);
  }

  fixed64(field: number, value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    return this.#push(field, FIXED64, bytes);
  }

  /** A list of integers that are not negative. */
  packed(field: number, values: readonly (number | string)[]): this {
    return this.bytes(field, Buffer.concat(values.map((value) => varint(BigInt(value)))));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#push(field, BYTES, varint(BigInt(value.length)), value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** With its length in front, as in a stream of messages. */
  delimited(): Buffer {
    const body = this.finish();
    return Buffer.concat([varint(BigInt(body.length)), body]);
  }

  #push(field: number, type: number, ...bytes: Uint8Array[]): this {
    this.#parts.push(varint(BigInt((field << 3) | type)), ...bytes.map((some) => Buffer.from(some)));
    return this;
  }
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
