/** Reads the encodings of call frame information: LEB128 numbers and encoded pointers. */
import { PebbleError } from '../../../base/errors.ts';
import { LebCursor } from '../../../base/leb128.ts';

/** DW_EH_PE_* (Linux Standard Base, "DWARF extensions"): indirect:1 · relative to:3 · format:4. */
export const POINTER = { absolute: 0x00, omit: 0xff, indirect: 0x80 } as const;
const FORMAT = 0x0f;
const RELATIVE_TO = 0x70;
const RELATIVE_TO_PLACE = 0x10;
/** To the start of .eh_frame_hdr. */
const RELATIVE_TO_DATA = 0x30;

export class CfiCursor extends LebCursor {
  /** Address of the first byte, as linked. */
  readonly address: number;

  constructor(bytes: Buffer, name: string, address: number, offset = 0) {
    super(bytes, name, offset);
    this.address = address;
  }

  i16(): number {
    return (this.u16() << 16) >> 16;
  }

  /** Eight bytes as a number: exact for every address of a user process. */
  wide(): number {
    const low = this.u32();
    return low + this.u32() * 2 ** 32;
  }

  /** Signed. */
  iwide(): number {
    const low = this.u32();
    return low + this.i32() * 2 ** 32;
  }

  /** A pointer in the encoding of a CIE or of .eh_frame_hdr, which starts at `data`. */
  pointer(encoding: number, data = 0): number {
    const place = this.address + this.offset;
    const value = this.#formatted(encoding & FORMAT);
    switch (encoding & RELATIVE_TO) {
      case 0:
        return value;
      case RELATIVE_TO_PLACE:
        return place + value;
      case RELATIVE_TO_DATA:
        return data + value;
      default:
        return this.fail(`pointer encoding 0x${encoding.toString(16)} is not supported`);
    }
  }

  /** DW_EH_PE_absptr, uleb128, udata2, udata4, udata8; the same signed from 8 on. */
  #formatted(format: number): number {
    switch (format) {
      case 0x0:
      case 0x4:
        return this.wide();
      case 0x1:
        return this.uleb();
      case 0x2:
        return this.u16();
      case 0x3:
        return this.u32();
      case 0x9:
        return this.sleb();
      case 0xa:
        return this.i16();
      case 0xb:
        return this.i32();
      case 0xc:
        return this.iwide();
      default:
        return this.fail(`pointer format ${format} is not supported`);
    }
  }
}

/** undefined when the bytes make no sense: the rest of the file stays of use. */
export function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PebbleError && error.code === 'format') return undefined;
    throw error;
  }
}
