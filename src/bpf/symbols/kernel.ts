/** Names of kernel addresses, from /proc/kallsyms, whose text is kept as it is. */
import { PebbleError } from '../../base/errors.ts';
import { AddressIndex } from '../elf/addresses.ts';
import { readProcFile } from './proc-file.ts';

const PATH = '/proc/kallsyms';
/** 122,000 symbols take 5.4 MB. */
const EXPECTED_SIZE = 8 << 20;
/** 16 hexadecimal digits, blank, type, blank, at least one letter, newline. */
const SHORTEST_LINE = 21;

const NEWLINE = 10;
const TAB = 9;

export interface KernelPlace {
  readonly symbol: string;
  readonly offset: number;
  /** undefined for the kernel itself. */
  readonly module: string | undefined;
}

export class KernelSymbols {
  /** The kernel showed zeros instead of addresses: it wants CAP_SYSLOG, or kernel.kptr_restrict below 2. */
  readonly hidden: boolean;
  readonly count: number;
  readonly #text: Buffer;
  readonly #nameStarts: Uint32Array;
  readonly #addresses: Float64Array;
  #index: AddressIndex | undefined;

  private constructor(text: Buffer, scanned: Scanned) {
    this.#text = text;
    this.#nameStarts = scanned.nameStarts;
    this.#addresses = scanned.addresses;
    this.count = scanned.addresses.length;
    this.hidden = this.#addresses.every((address) => address === 0);
  }

  /** Takes some 50 ms, most of it in the kernel: read it when the first address is to be named. */
  static read(): KernelSymbols {
    try {
      return KernelSymbols.parse(readProcFile(PATH, EXPECTED_SIZE));
    } catch (cause) {
      throw new PebbleError('io', { doing: `reading ${PATH}`, what: (cause as Error).message, cause });
    }
  }

  static parse(text: Buffer): KernelSymbols {
    return new KernelSymbols(text, scan(text));
  }

  locate(address: bigint): KernelPlace | undefined {
    const signed = Number(BigInt.asIntN(64, address));
    // The lower half of the address space belongs to processes.
    if (this.hidden || signed >= 0) return undefined;
    this.#index ??= new AddressIndex({
      count: this.count,
      addressOf: (i) => this.#addresses[i]!,
      sizeOf: () => 0,
    });
    const found = this.#index.locate(signed);
    return found && { ...this.#names(found.index), offset: found.offset };
  }

  /** Address of the first symbol of this name. */
  addressOf(name: string): bigint | undefined {
    if (this.hidden || name === '') return undefined;
    for (const end of ['\n', '\t']) {
      const at = this.#text.indexOf(` ${name}${end}`);
      if (at < 0) continue;
      const line = this.#text.lastIndexOf(NEWLINE, at) + 1;
      const high = hexWord(this.#text, line);
      const low = hexWord(this.#text, line + 8);
      return high < 0 || low < 0 ? undefined : (BigInt(high) << 32n) | BigInt(low);
    }
    return undefined;
  }

  /** All names with the letter that nm(1) gives their kind, in the kernel's order. */
  *names(): Generator<{ readonly symbol: string; readonly type: string; readonly module: string | undefined }> {
    for (let i = 0; i < this.count; i++) {
      yield { ...this.#names(i), type: String.fromCharCode(this.#text[this.#nameStarts[i]! - 2]!) };
    }
  }

  /** `name`, or `name<TAB>[module]`. */
  #names(index: number): { symbol: string; module: string | undefined } {
    const start = this.#nameStarts[index]!;
    let end = this.#text.indexOf(NEWLINE, start);
    if (end < 0) end = this.#text.length;
    const line = this.#text.toString('latin1', start, end);
    const tab = line.indexOf('\t');
    return tab < 0
      ? { symbol: line, module: undefined }
      : { symbol: line.slice(0, tab), module: line.slice(tab + 1).replace(/[[\]]/g, '') };
  }
}

interface Scanned {
  readonly nameStarts: Uint32Array;
  /** As signed 64-bit numbers: kernel addresses are small negative ones, which a float holds exactly. */
  readonly addresses: Float64Array;
}

/** One pass over the bytes; a line that is not as it should be is passed over. */
function scan(text: Buffer): Scanned {
  const most = Math.ceil(text.length / SHORTEST_LINE);
  const nameStarts = new Uint32Array(most);
  const addresses = new Float64Array(most);
  let count = 0;
  for (let at = 0; at + SHORTEST_LINE - 1 <= text.length; ) {
    const high = hexWord(text, at);
    const low = hexWord(text, at + 8);
    const name = at + 19;
    if (high >= 0 && low >= 0 && text[name]! > TAB + 1) {
      addresses[count] = (high | 0) * 2 ** 32 + low;
      nameStarts[count++] = name;
    }
    at = name;
    while (at < text.length && text[at] !== NEWLINE) at++;
    at++;
  }
  return { nameStarts: nameStarts.subarray(0, count), addresses: addresses.subarray(0, count) };
}

/** Eight digits; -1 when one of them is none. */
function hexWord(text: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const byte = text[i]!;
    // '0'–'9' are 0x30–0x39, 'a'–'f' 0x61–0x66.
    const digit = byte <= 0x39 ? byte - 0x30 : byte - 0x57;
    if (!(digit >= 0 && digit < 16)) return -1;
    value = (value << 4) | digit;
  }
  return value >>> 0;
}
