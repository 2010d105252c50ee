/** Writes protocol buffers: fields of numbers, texts, packed numbers and messages (https://protobuf.dev/programming-guides/encoding). */

const WIRE = { varint: 0, bytes: 2 } as const;

export class MessageWriter {
  readonly #bytes: number[] = [];

  /** Integers up to 2^53, not negative. */
  number(field: number, value: number): this {
    if (value !== 0) {
      this.#tag(field, WIRE.varint);
      this.#varint(value);
    }
    return this;
  }

  numbers(field: number, values: readonly number[]): this {
    const packed = new MessageWriter();
    for (const value of values) packed.#varint(value);
    return this.#delimited(field, packed.#bytes);
  }

  text(field: number, value: string): this {
    return this.#delimited(field, new TextEncoder().encode(value));
  }

  message(field: number, value: MessageWriter): this {
    return this.#delimited(field, value.#bytes);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #delimited(field: number, bytes: ArrayLike<number>): this {
    this.#tag(field, WIRE.bytes);
    this.#varint(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.#bytes.push(bytes[i]!);
    return this;
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes.push(rest);
  }
}
