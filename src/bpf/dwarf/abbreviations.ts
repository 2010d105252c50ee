/** .debug_abbrev: the shapes that the entries of units refer to by number. */
import { FORM } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { type Format, fixedSize } from './form.ts';

export interface Abbreviation {
  /** TAG. */
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeShape[];
  /** Bytes of all values, when none says its own length. */
  readonly size: number | undefined;
}

export interface AttributeShape {
  /** AT. */
  readonly at: number;
  /** FORM. */
  readonly form: number;
  /** The value of form implicitConst, which units do not repeat; not known where no number holds it exactly. */
  readonly implicit?: number;
}

export type Abbreviations = ReadonlyMap<number, Abbreviation>;

/** The table at `offset`: code, tag, children, pairs of attribute and form up to 0 0; a code of 0 ends it. */
export function readAbbreviations(bytes: Buffer, offset: number, format: Format, name: string): Abbreviations {
  const cursor = new DwarfCursor(bytes, `.debug_abbrev of ${name}`, offset);
  const table = new Map<number, Abbreviation>();
  for (let code = cursor.uleb(); code !== 0; code = cursor.uleb()) {
    const tag = cursor.uleb();
    const hasChildren = cursor.u8() !== 0;
    const attributes = readShapes(cursor);
    table.set(code, { tag, hasChildren, attributes, size: totalSize(attributes, format) });
  }
  return table;
}

function readShapes(cursor: DwarfCursor): AttributeShape[] {
  const shapes: AttributeShape[] = [];
  for (;;) {
    const at = cursor.uleb();
    const form = cursor.uleb();
    if (at === 0 && form === 0) return shapes;
    shapes.push(form === FORM.implicitConst ? { at, form, ...implicitValue(cursor.bigLeb(true)) } : { at, form });
  }
}

function implicitValue(value: bigint): Pick<AttributeShape, 'implicit'> {
  return Number.isSafeInteger(Number(value)) ? { implicit: Number(value) } : {};
}

function totalSize(shapes: readonly AttributeShape[], format: Format): number | undefined {
  let total = 0;
  for (const { form } of shapes) {
    const size = fixedSize(form, format);
    if (size === undefined) return undefined;
    total += size;
  }
  return total;
}
