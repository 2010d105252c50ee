/** How long an attribute's value is in each form. */
import { FORM } from './constants.ts';
import type { DwarfCursor } from './cursor.ts';

/** What the sizes of some forms depend on. */
export interface Format {
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
}

const FIXED: Readonly<Record<number, number>> = {
  [FORM.implicitConst]: 0,
  [FORM.flagPresent]: 0,
  [FORM.data1]: 1,
  [FORM.ref1]: 1,
  [FORM.flag]: 1,
  [FORM.strx1]: 1,
  [FORM.addrx1]: 1,
  [FORM.data2]: 2,
  [FORM.ref2]: 2,
  [FORM.strx2]: 2,
  [FORM.addrx2]: 2,
  [FORM.strx3]: 3,
  [FORM.addrx3]: 3,
  [FORM.data4]: 4,
  [FORM.ref4]: 4,
  [FORM.strx4]: 4,
  [FORM.addrx4]: 4,
  [FORM.refSup4]: 4,
  [FORM.data8]: 8,
  [FORM.ref8]: 8,
  [FORM.refSig8]: 8,
  [FORM.refSup8]: 8,
  [FORM.data16]: 16,
};
const OFFSETS: ReadonlySet<number> = new Set([
  FORM.strp,
  FORM.lineStrp,
  FORM.secOffset,
  FORM.strpSup,
  FORM.gnuRefAlt,
  FORM.gnuStrpAlt,
]);
const LEBS: ReadonlySet<number> = new Set([
  FORM.sdata,
  FORM.udata,
  FORM.refUdata,
  FORM.strx,
  FORM.addrx,
  FORM.loclistx,
  FORM.rnglistx,
  FORM.gnuAddressIndex,
  FORM.gnuStringIndex,
]);

/** undefined for forms that say in each value how long it is. */
export function fixedSize(form: number, { version, addressSize, offsetSize }: Format): number | undefined {
  if (form === FORM.addr) return addressSize;
  // Version 2 made it as wide as an address.
  if (form === FORM.refAddr) return version < 3 ? addressSize : offsetSize;
  return OFFSETS.has(form) ? offsetSize : FIXED[form];
}

export function skipForm(cursor: DwarfCursor, form: number, format: Format): void {
  const size = fixedSize(form, format);
  if (size !== undefined) cursor.take(size);
  else if (LEBS.has(form)) cursor.skipLeb();
  else skipCounted(cursor, form, format);
}

function skipCounted(cursor: DwarfCursor, form: number, format: Format): void {
  switch (form) {
    case FORM.string:
      return cursor.skipText();
    case FORM.block1:
    case FORM.block2:
    case FORM.block4:
    case FORM.block:
    case FORM.exprloc:
      return void cursor.take(blockLength(cursor, form));
    case FORM.indirect: {
      const actual = cursor.uleb();
      return actual === FORM.indirect ? cursor.fail('a form that names no form') : skipForm(cursor, actual, format);
    }
    default:
      cursor.fail(`form 0x${form.toString(16)} is not known`);
  }
}

/** Reads the count in front of a block's bytes. */
export function blockLength(cursor: DwarfCursor, form: number): number {
  switch (form) {
    case FORM.block1:
      return cursor.u8();
    case FORM.block2:
      return cursor.u16();
    case FORM.block4:
      return cursor.u32();
    default:
      return cursor.uleb();
  }
}
