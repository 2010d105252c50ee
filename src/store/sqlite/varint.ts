/** Whole numbers in as few bytes as they need: seven bits a byte, lowest first, to 2^53. */

export class VarintWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  unsigned(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Small negative numbers stay small: 0, -1, 1, -2 … are 0, 1, 2, 3 … */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

export class VarintReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  unsigned(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at++]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    let unit = 128;
    do {
      byte = bytes[this.at++]!;
      value += (byte & 127) * unit;
      unit *= 128;
    } while (byte > 127);
    return value;
  }

  /** As many numbers as there are values. */
  fill(values: Float64Array, isSigned = false): void {
    values.fill(0);
    this.addTo(values, 0, values.length);
    if (!isSigned) return;
    for (let at = 0; at < values.length; at++) values[at] = signedOf(values[at]!);
  }

  /** So many numbers, each added to one of `sums` from `start` on. */
  addTo(sums: Float64Array, start: number, count: number): void {
    const bytes = this.#bytes;
    let next = this.at;
    for (let at = start; at < start + count; at++) {
      let byte = bytes[next++]!;
      let value = byte & 127;
      for (let unit = 128; byte > 127; unit *= 128) {
        byte = bytes[next++]!;
        value += (byte & 127) * unit;
      }
      sums[at]! += value;
    }
    this.at = next;
  }

  /** Over some numbers. */
  skip(count: number): void {
    const bytes = this.#bytes;
    let at = this.at;
    for (let left = count; left > 0; ) if (bytes[at++]! < 128) left--;
    this.at = at;
  }

  signed(): number {
    return signedOf(this.unsigned());
  }
}

const signedOf = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
