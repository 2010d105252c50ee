/**
 * Entries of .eh_frame and .debug_frame: common ones (CIE) and one per function or part of it (FDE).
 * Linux Standard Base "Exception Frames"; DWARF 5, section 6.4.1.
 *   length:32, or ffffffff and length:64 · which CIE: 32, or 64 in long entries of .debug_frame · contents
 */
import { CfiCursor, POINTER, unlessBroken } from './cursor.ts';

export interface CommonEntry {
  readonly codeAlignment: number;
  readonly dataAlignment: number;
  /** Number of the column that stands for the return address. */
  readonly returnColumn: number;
  /** How its FDEs write addresses. */
  readonly pointers: number;
  /** FDEs have augmentation data, with its length first. */
  readonly augmented: boolean;
  /** Its functions are called by the kernel between two instructions of any other. */
  readonly signal: boolean;
  /** Instructions that come before those of each FDE: offset and end in the section. */
  readonly from: number;
  readonly to: number;
}

export interface FunctionEntry {
  readonly common: CommonEntry;
  /** Address of the first byte of code, as linked. */
  readonly start: number;
  /** One past the last. */
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

const LONG = 0xffff_ffff;

/** What follows an entry's length. */
interface Extent {
  /** 0: the section's end. */
  readonly to: number;
  /** Offset of the CIE; undefined in a CIE. */
  readonly common: number | undefined;
}

export class CfiSection {
  readonly bytes: Buffer;
  readonly name: string;
  readonly #debug: boolean;
  readonly #cursor: CfiCursor;
  readonly #common = new Map<number, CommonEntry>();

  /** `address` is that of the section, as linked; `debug`: it is a .debug_frame. */
  constructor(bytes: Buffer, name: string, address: number, debug: boolean) {
    this.bytes = bytes;
    this.name = name;
    this.#debug = debug;
    this.#cursor = new CfiCursor(bytes, name, address);
  }

  get address(): number {
    return this.#cursor.address;
  }

  /** A cursor of one's own over the section. */
  cursor(offset: number): CfiCursor {
    return new CfiCursor(this.bytes, this.name, this.address, offset);
  }

  /** The FDE at this offset; an error when a CIE is there. */
  entry(offset: number): FunctionEntry {
    const { to, common } = this.#extent(offset);
    return common === undefined ? this.#cursor.fail('an FDE was expected') : this.#functionEntry(common, to);
  }

  /** Calls for every FDE that can be read, until the end or a broken length. */
  forEach(found: (offset: number, start: number, end: number) => void): void {
    for (let offset = 0; offset + 4 <= this.bytes.length; ) {
      const extent = unlessBroken(() => this.#extent(offset));
      if (extent === undefined || extent.to === 0) return;
      const { common, to } = extent;
      const entry = common === undefined ? undefined : unlessBroken(() => this.#functionEntry(common, to));
      if (entry) found(offset, entry.start, entry.end);
      offset = to;
    }
  }

  /** Leaves the cursor behind the reference to the CIE. */
  #extent(offset: number): Extent {
    const cursor = this.#cursor;
    if (!(offset >= 0 && offset < this.bytes.length)) cursor.fail(`an entry is said to be at ${offset}`);
    cursor.offset = offset;
    let length = cursor.u32();
    const long = length === LONG;
    if (long) length = cursor.wide();
    if (length === 0) return { to: 0, common: undefined };
    if (length > cursor.remaining) cursor.fail(`an entry of ${length} bytes is longer than the section`);
    const at = cursor.offset;
    const to = at + length;
    if (!this.#debug) {
      // The distance back from here.
      const distance = cursor.u32();
      return { to, common: distance === 0 ? undefined : at - distance };
    }
    const low = cursor.u32();
    const id = long ? low + cursor.u32() * 2 ** 32 : low;
    return { to, common: id === (long ? LONG + LONG * 2 ** 32 : LONG) ? undefined : id };
  }

  #functionEntry(common: number, to: number): FunctionEntry {
    const cursor = this.#cursor;
    const at = cursor.offset;
    const entry = this.#commonEntry(common);
    cursor.offset = at;
    const start = cursor.pointer(entry.pointers);
    // A length: written like the address, but relative to nothing.
    const length = cursor.pointer(entry.pointers & 0x0f);
    if (entry.augmented) cursor.take(cursor.uleb());
    if (cursor.offset > to) cursor.fail('an FDE is longer than it says');
    return { common: entry, start, end: start + length, from: cursor.offset, to };
  }

  #commonEntry(offset: number): CommonEntry {
    let entry = this.#common.get(offset);
    if (entry === undefined) {
      entry = this.#readCommon(offset);
      this.#common.set(offset, entry);
    }
    return entry;
  }

  #readCommon(offset: number): CommonEntry {
    const cursor = this.#cursor;
    const { to, common } = this.#extent(offset);
    if (to === 0 || common !== undefined) cursor.fail('an FDE names a CIE that is none');
    const version = cursor.u8();
    if (version !== 1 && version !== 3 && version !== 4) cursor.fail(`a CIE of version ${version} is not supported`);
    const augmentation = cursor.text();
    if (augmentation.startsWith('eh')) cursor.wide();
    if (version === 4 && (cursor.u8() !== 8 || cursor.u8() !== 0)) cursor.fail('addresses are not of 64 bits');
    const codeAlignment = cursor.uleb();
    const dataAlignment = cursor.sleb();
    const returnColumn = version === 1 ? cursor.u8() : cursor.uleb();
    const augmented = augmentation.startsWith('z');
    const extra = augmented ? readAugmentation(augmentation, cursor) : { pointers: POINTER.absolute, signal: false };
    if (cursor.offset > to) cursor.fail('a CIE is longer than it says');
    return { codeAlignment, dataAlignment, returnColumn, augmented, ...extra, from: cursor.offset, to };
  }
}

/** "z" and then a letter each; leaves the cursor behind the data, whatever letters were not understood. */
function readAugmentation(letters: string, cursor: CfiCursor): Pick<CommonEntry, 'pointers' | 'signal'> {
  const length = cursor.uleb();
  const end = cursor.offset + length;
  let pointers: number = POINTER.absolute;
  let signal = false;
  for (const letter of letters.slice(1)) {
    if (letter === 'R') pointers = cursor.u8();
    else if (letter === 'S') signal = true;
    else if (letter === 'L') cursor.u8();
    else if (letter === 'P') cursor.pointer(cursor.u8() & 0x7f);
    // 'B' (arm64: return addresses are signed with key B) and 'G' (tagged stacks) have no data.
    else if (letter !== 'B' && letter !== 'G') break;
  }
  if (end > cursor.bytes.length) cursor.fail('augmentation data is longer than the section');
  cursor.offset = end;
  return { pointers, signal };
}
