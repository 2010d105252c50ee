/** A piece of a process's stack, copied from its stack pointer upwards; read by address. */

/** What is further above the copy is no part of the same stack. */
const LARGEST_STACK = 64 << 20;

export class StackMemory {
  /** Address of the first byte. */
  low = 0;
  /** Something was looked for above the copy, where the stack goes on. */
  ended = false;
  #high = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #offset = 0;

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

  /** Eight bytes, exact below 2^53, which every address is; NaN where nothing was copied. */
  read(address: number): number {
    if (!this.holds(address)) {
      if (address > this.low && address < this.#high + LARGEST_STACK) this.ended = true;
      return Number.NaN;
    }
    const at = address + this.#offset;
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }
}
