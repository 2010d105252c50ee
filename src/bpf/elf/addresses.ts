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
    const { symbols, starts } = sortByAddress(source);
    const count = keepOnePerAddress(source, symbols, starts);
    this.#symbols = symbols.slice(0, count);
    this.#starts = starts.slice(0, count);
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

interface Sorted {
  readonly symbols: Uint32Array;
  /** The address of each. */
  readonly starts: Float64Array;
}

/** Moves the one that stands for its address to the front part of the arrays; says how long that is. */
function keepOnePerAddress(source: Addressed, symbols: Uint32Array, starts: Float64Array): number {
  let count = 0;
  for (let i = 0; i < symbols.length; i++) {
    const symbol = symbols[i]!;
    if (count > 0 && starts[count - 1] === starts[i]) {
      if (source.rank && source.rank(symbol) > source.rank(symbols[count - 1]!)) symbols[count - 1] = symbol;
      continue;
    }
    symbols[count] = symbol;
    starts[count++] = starts[i]!;
  }
  return count;
}

/** Accepted symbols in order of address, then of number. */
function sortByAddress(source: Addressed): Sorted {
  const all = new Uint32Array(source.count);
  const addresses = new Float64Array(source.count);
  let count = 0;
  let inOrder = true;
  for (let index = 0; index < source.count; index++) {
    if (source.accepts && !source.accepts(index)) continue;
    const address = source.addressOf(index);
    if (count > 0 && address < addresses[count - 1]!) inOrder = false;
    all[count] = index;
    addresses[count++] = address;
  }
  const found = { symbols: all.subarray(0, count), starts: addresses.subarray(0, count) };
  return inOrder ? found : sortPairs(found);
}

function sortPairs({ symbols, starts }: Sorted): Sorted {
  const count = starts.length;
  const lowest = starts.reduce((a, b) => Math.min(a, b));
  const highest = starts.reduce((a, b) => Math.max(a, b));
  const scale = 2 ** Math.ceil(Math.log2(count + 1));
  let order: Uint32Array | Float64Array;
  if ((highest - lowest + 1) * scale <= Number.MAX_SAFE_INTEGER) {
    // Address and position in one exact float: sorting floats needs no callback, and is ten times as fast.
    order = new Float64Array(count);
    for (let i = 0; i < count; i++) order[i] = (starts[i]! - lowest) * scale + i;
    order.sort();
    for (let i = 0; i < count; i++) order[i]! %= scale;
  } else {
    order = new Uint32Array(count).map((_, i) => i).sort((a, b) => starts[a]! - starts[b]! || a - b);
  }
  const sorted = { symbols: new Uint32Array(count), starts: new Float64Array(count) };
  for (let i = 0; i < count; i++) {
    const from = order[i]!;
    sorted.symbols[i] = symbols[from]!;
    sorted.starts[i] = starts[from]!;
  }
  return sorted;
}
