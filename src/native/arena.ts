/** Memory whose address the kernel is told: off the V8 heap, so that no garbage collection moves it. */
import type { Native } from './native.ts';

/** Zeroed memory with a known address. It lives as long as the block does: keep the block, not only the address. */
export interface Block {
  readonly address: number;
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function allocateBlock(native: Native, size: number): Block {
  const memory = new ArrayBuffer(size);
  return { address: native.address(memory), bytes: Buffer.from(memory), view: new DataView(memory) };
}

/** Arguments of one system call after the other: taken in turn, all given back at the end of the outermost scope. */
export class Arena {
  readonly #native: Native;
  readonly #main: Block;
  readonly #large: Block[] = [];
  #used = 0;

  constructor(native: Native, size = 64 * 1024) {
    this.#native = native;
    this.#main = allocateBlock(native, size);
  }

  /** Runs `body`; what it takes is valid until it returns. Scopes nest; `body` must not be asynchronous. */
  scope<T>(body: (arena: this) => T): T {
    const used = this.#used;
    const large = this.#large.length;
    try {
      return body(this);
    } finally {
      this.#used = used;
      this.#large.length = large;
    }
  }

  /** Zeroed memory, aligned to 8 bytes. */
  take(size: number): Block {
    const start = this.#used;
    const end = start + ((size + 7) & ~7);
    if (end > this.#main.bytes.length) {
      const block = allocateBlock(this.#native, size);
      this.#large.push(block);
      return block;
    }
    this.#used = end;
    const bytes = this.#main.bytes.subarray(start, start + size).fill(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, size);
    return { address: this.#main.address + start, bytes, view };
  }

  /** Address of a copy of the bytes. */
  bytes(source: Uint8Array): number {
    const block = this.take(source.length);
    block.bytes.set(source);
    return block.address;
  }

  /** Address of NUL-terminated text. */
  text(text: string): number {
    return this.bytes(Buffer.from(`${text}\0`));
  }

  /** Address of an array of 64-bit numbers; 0 (a null pointer) where there are none. */
  u64s(values: readonly bigint[]): number {
    if (values.length === 0) return 0;
    const block = this.take(values.length * 8);
    values.forEach((value, i) => void block.view.setBigUint64(i * 8, BigInt.asUintN(64, value), true));
    return block.address;
  }
}
