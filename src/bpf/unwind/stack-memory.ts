/** A piece of a process's stack, copied from its stack pointer upwards; read by address. */

/** What is further above the copy is no part of the same stack. */
const LARGEST_STACK = 64 << 20;

/**
 * Eight bytes as an address, exact below 2^53, which every address is. `mask` keeps those of the upper 32 bits that
 * belong to addresses: the others would cost precision.
 */
export function readWord(view: DataView, at: number, mask: number): number {
  return view.getUint32(at, true) + ((view.getUint32(at + 4, true) & mask) >>> 0) * 0x1_0000_0000;
}

export class StackMemory {
  /** Address of the first byte. */
  low = 0;
  /** Something was looked for above the copy, where the stack goes on. */
  ended = false;
  #high = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;
  readonly #mask: number;

  constructor(mask: number) {
    this.#mask = mask;
  }

  use(view: DataView, offset: number, length: number, address: number): void {
    this.#view = view;
    this.#offset = offset - address;
    this.low = address;
    this.#high = address + length;
    this.ended = false;
  }

  holds(address: number): boolean {
    return address >= this.low && address + 8 <= this.#high;
  }

  /** NaN where nothing was copied. */
  read(address: number): number {
    if (!this.holds(address)) {
      if (address > this.low && address < this.#high + LARGEST_STACK) this.ended = true;
      return Number.NaN;
    }
    return readWord(this.#view, address + this.#offset, this.#mask);
  }
}
