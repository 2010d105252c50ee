/** Reads the numbers of debug sections. */
import { LebCursor } from '../../base/leb128.ts';

export class DwarfCursor extends LebCursor {
  u24(): number {
    return this.u16() + this.u8() * 0x10000;
  }

  /** Eight bytes as a number: exact for addresses of user programs and for sizes. */
  wide(): number {
    const low = this.u32();
    return low + this.u32() * 2 ** 32;
  }

  /** An offset in a section: of 4 bytes, or of 8 in 64-bit DWARF. */
  position(size: 4 | 8): number {
    return size === 4 ? this.u32() : this.wide();
  }

  /** An unsigned number of 1, 2, 3, 4 or 8 bytes. */
  sized(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return this.wide();
      default:
        return this.fail(`a number of ${size} bytes`);
    }
  }

  skipText(): void {
    const end = this.bytes.indexOf(0, this.offset);
    if (end < 0) this.fail('text has no end');
    this.offset = end + 1;
  }

  /** The length that opens a unit or table; 0xffffffff announces 64-bit DWARF. */
  unitLength(): { readonly length: number; readonly offsetSize: 4 | 8 } {
    const length = this.u32();
    return length === 0xffff_ffff ? { length: this.wide(), offsetSize: 8 } : { length, offsetSize: 4 };
  }
}
