/** Reading little-endian binary formats with every access checked against the end of the bytes. */
import { PebbleError } from './errors.ts';

/** The NUL-terminated text at `offset`; what is missing its NUL runs to the end of the bytes. */
export function textAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('utf8', offset, end < 0 ? bytes.length : end);
}

/** A position in bytes that moves as values are read; reading past the end is a `format` error. */
export class ByteCursor {
  readonly bytes: Buffer;
  offset: number;
  /** What the bytes are ("BTF of /sys/kernel/btf/vmlinux"), for messages. */
  readonly name: string;

  constructor(bytes: Buffer, name: string, offset = 0) {
    this.bytes = bytes;
    this.name = name;
    this.offset = offset;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  u8(): number {
    return this.bytes.readUInt8(this.#step(1));
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.#step(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.#step(4));
  }

  i32(): number {
    return this.bytes.readInt32LE(this.#step(4));
  }

  u64(): bigint {
    return this.bytes.readBigUInt64LE(this.#step(8));
  }

  /** A 64-bit size or file offset; one that no JavaScript number holds exactly is an error. */
  size64(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(`size 0x${value.toString(16)} is out of range`);
    return Number(value);
  }

  take(length: number): Buffer {
    const start = this.#step(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Text up to its NUL, which is consumed. */
  text(): string {
    const end = this.bytes.indexOf(0, this.offset);
    if (end < 0) this.fail('text has no end');
    const start = this.#step(end + 1 - this.offset);
    return this.bytes.toString('utf8', start, end);
  }

  /** Skips to a multiple of `alignment` (a power of two) from the start of the bytes; the end may be cut short. */
  align(alignment: number): void {
    this.offset = Math.min((this.offset + alignment - 1) & -alignment, this.bytes.length);
  }

  fail(what: string): never {
    throw new PebbleError('format', { doing: `reading ${this.name}`, what: `${what} (at byte ${this.offset})` });
  }

  #step(length: number): number {
    const start = this.offset;
    if (length < 0 || length > this.bytes.length - start) {
      this.fail(`${length} bytes wanted, ${Math.max(0, this.bytes.length - start)} left`);
    }
    this.offset = start + length;
    return start;
  }
}
