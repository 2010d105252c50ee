/** Reading LEB128 numbers: seven bits a byte, the lowest first, the eighth bit set in all bytes but the last. */
import { ByteCursor } from './bytes.ts';

/** More bytes than any 64-bit number takes. */
const TOO_LONG = 2 ** 63;

export class LebCursor extends ByteCursor {
  /** Unsigned; what no JavaScript number holds exactly is an error. */
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) this.fail('a number is out of range');
      if (byte < 0x80) return value;
      if (scale > TOO_LONG) this.fail('a number has no end');
    }
  }

  /** Signed. */
  sleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if ((byte & 0x40) !== 0) value -= scale * 128;
        return Number.isSafeInteger(value) ? value : this.fail('a number is out of range');
      }
      if (scale > TOO_LONG) this.fail('a number has no end');
    }
  }

  /** Either kind, exactly. */
  bigLeb(signed: boolean): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return signed && (byte & 0x40) !== 0 ? value - (1n << (shift + 7n)) : value;
      if (shift > 63n) this.fail('a number has no end');
    }
  }

  skipLeb(): void {
    while (this.u8() >= 0x80);
  }
}
