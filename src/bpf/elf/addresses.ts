/** Which symbol an address belongs to: symbols sorted by address in typed arrays. */

export interface Located {
  /** The caller's number of the symbol. */
  readonly index: number;
  /** Bytes from the symbol's start. */
  readonly offset: number;
  /** The address lies behind the symbol's end: it is only the nearest one before. */
  readonly near: boolean;
}

/** What is indexed: `count` symbols that are asked for one by one. */
export interface Addressed {
  readonly count: number;
  /** Whether the symbol can own an address at all; all can if absent. */
  accepts?(index: number): boolean;
  addressOf(index: number): number;
  /** 0 if not known: then it reaches to the next symbol. */
  sizeOf(index: number): number;
  /** Of several symbols at one address the highest stands for them. */
  rank?(index: number): number;
}

export class AddressIndex {
  readonly #symbols: Uint32Array;
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  /** The greatest end of this and all symbols before: how far back a symbol that contains an address can be. */
  readonly #reach: Float64Array;

  constructor(source: Addressed) {
    const order = sortByAddress(source);
    let count = 0;
    for (const index of order) {
      const previous = order[count - 1];
      if (count === 0 || source.addressOf(previous!) !== source.addressOf(index)) order[count++] = index;
      else if (rankOf(source, index) > rankOf(source, previous!)) order[count - 1] = index;
    }
    this.#symbols = order.slice(0, count);
    this.#starts = Float64Array.from(this.#symbols, (index) => source.addressOf(index));
    this.#ends = new Float64Array(count);
    this.#reach = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const start = this.#starts[i]!;
      const size = source.sizeOf(this.#symbols[i]!);
      this.#ends[i] = size > 0 ? start + size : (this.#starts[i + 1] ?? start + 1);
      this.#reach[i] = i > 0 ? Math.max(this.#reach[i - 1]!, this.#ends[i]!) : this.#ends[i]!;
    }
  }

  get count(): number {
    return this.#starts.length;
  }

  /** undefined for an address before the first symbol. */
  locate(address: number): Located | undefined {
    const last = this.#lastAtOrBefore(address);
    if (last < 0) return undefined;
    for (let i = last; i >= 0 && this.#reach[i]! > address; i--) {
      if (this.#ends[i]! > address) return this.#located(i, address, false);
    }
    return this.#located(last, address, true);
  }

  #located(i: number, address: number, near: boolean): Located {
    return { index: this.#symbols[i]!, offset: address - this.#starts[i]!, near };
  }

  #lastAtOrBefore(address: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function rankOf(source: Addressed, index: number): number {
  return source.rank?.(index) ?? 0;
}

/** Accepted symbols in order of address, then of number. */
function sortByAddress(source: Addressed): Uint32Array {
  const accepted: number[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < source.count; index++) {
    if (source.accepts && !source.accepts(index)) continue;
    accepted.push(index);
    const address = source.addressOf(index);
    if (address < lowest) lowest = address;
    if (address > highest) highest = address;
  }
  const scale = 2 ** Math.ceil(Math.log2(source.count + 1));
  if ((highest - lowest + 1) * scale > Number.MAX_SAFE_INTEGER) {
    return Uint32Array.from(accepted.sort((a, b) => source.addressOf(a) - source.addressOf(b) || a - b));
  }
  // Address and number in one exact float: sorting floats needs no callback, and is ten times as fast.
  const keys = Float64Array.from(accepted, (index) => (source.addressOf(index) - lowest) * scale + index).sort();
  return Uint32Array.from(keys, (key) => key % scale);
}
