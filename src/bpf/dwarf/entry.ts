/** A debugging information entry (DIE): a tag, attributes that are read when asked for, and children. */
import { textAt } from '../../base/bytes.ts';
import type { Abbreviation, AttributeShape } from './abbreviations.ts';
import { AT, FORM } from './constants.ts';
import type { DwarfCursor } from './cursor.ts';
import { blockLength, skipForm } from './form.ts';
import type { Unit } from './unit.ts';

/** A value's place: its form, and where it lies in the unit. */
interface Place {
  readonly form: number;
  readonly offset: number;
  readonly implicit: number | undefined;
}

/** How far names and types are followed from an entry to the one that it completes. */
const MAX_ORIGINS = 8;

export class Entry {
  readonly unit: Unit;
  /** From the unit's start. */
  readonly offset: number;
  readonly #cursor: DwarfCursor;
  readonly #abbreviation: Abbreviation | undefined;
  readonly #attributesAt: number;
  #end: number | undefined;

  /** `cursor` is over the bytes of the unit, from its start. */
  constructor(unit: Unit, offset: number, cursor: DwarfCursor) {
    this.unit = unit;
    this.offset = offset;
    this.#cursor = cursor;
    cursor.offset = offset;
    const code = cursor.uleb();
    this.#attributesAt = cursor.offset;
    if (code !== 0) this.#abbreviation = unit.abbreviation(code) ?? cursor.fail(`abbreviation ${code} is missing`);
  }

  /** It only ends a list of siblings. */
  get isNull(): boolean {
    return this.#abbreviation === undefined;
  }

  /** TAG; 0 for the null entry. */
  get tag(): number {
    return this.#abbreviation?.tag ?? 0;
  }

  /** The same entry has the same key, whatever object stands for it. */
  get key(): number {
    return this.unit.header.offset + this.offset;
  }

  has(at: number): boolean {
    return this.#abbreviation?.attributes.some((shape) => shape.at === at) ?? false;
  }

  text(at: number): string | undefined {
    const place = this.#find(at);
    return place && this.#textAt(place);
  }

  /** A constant or an offset, as a number. */
  number(at: number): number | undefined {
    const place = this.#find(at);
    return place && this.#numberAt(place);
  }

  /** A constant with all of its 64 bits. */
  constant(at: number): bigint | undefined {
    const place = this.#find(at);
    if (place === undefined) return undefined;
    const cursor = this.#move(place);
    if (place.form === FORM.data8) return cursor.u64();
    if (place.form === FORM.udata || place.form === FORM.sdata) return cursor.bigLeb(place.form === FORM.sdata);
    const value = this.#numberAt(place);
    return value === undefined ? undefined : BigInt(value);
  }

  flag(at: number): boolean {
    const place = this.#find(at);
    if (place === undefined) return false;
    return place.form === FORM.flagPresent || this.#move(place).u8() !== 0;
  }

  address(at: number): number | undefined {
    const place = this.#find(at);
    if (place === undefined) return undefined;
    if (place.form === FORM.addr) return this.#move(place).sized(this.unit.header.addressSize);
    const index = this.#index(place, ADDRESS_INDEX);
    return index === undefined ? undefined : this.unit.indexedAddress(index);
  }

  /** The form of an attribute, for those whose meaning depends on it. */
  form(at: number): number | undefined {
    return this.#find(at)?.form;
  }

  /** The bytes of an expression or block. */
  block(at: number): Buffer | undefined {
    const place = this.#find(at);
    if (place === undefined || !BLOCKS.has(place.form)) return undefined;
    const cursor = this.#move(place);
    return cursor.take(blockLength(cursor, place.form));
  }

  /** The entry that an attribute refers to. */
  entry(at: number): Entry | undefined {
    const place = this.#find(at);
    if (place === undefined) return undefined;
    const { unit } = this;
    const cursor = this.#move(place);
    const { version, addressSize, offsetSize } = unit.header;
    switch (place.form) {
      case FORM.refAddr:
        return unit.file.entryAt(cursor.sized(version < 3 ? addressSize : offsetSize));
      case FORM.refSig8:
        return unit.file.typeBySignature(cursor.u64());
      case FORM.refUdata:
        return unit.entry(cursor.uleb());
      default: {
        const size = REFERENCES[place.form];
        return size === undefined ? undefined : unit.entry(cursor.sized(size));
      }
    }
  }

  /** This entry, then those that it is an instance or the definition of: together they have all attributes. */
  *origins(): Generator<Entry> {
    let entry: Entry | undefined = this;
    for (let i = 0; i < MAX_ORIGINS && entry; i++) {
      yield entry;
      entry = entry.entry(AT.abstractOrigin) ?? entry.entry(AT.specification);
    }
  }

  get entryName(): string | undefined {
    for (const entry of this.origins()) {
      const name = entry.text(AT.name);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  *children(): Generator<Entry> {
    if (!this.#abbreviation?.hasChildren) return;
    let child = this.unit.entry(this.end);
    while (child) {
      yield child;
      child = this.unit.entry(child.#next());
    }
  }

  /** Behind the attributes. */
  get end(): number {
    this.#end ??= this.#attributesEnd();
    return this.#end;
  }

  /** Behind the children: the next sibling, if there is one. */
  #next(): number {
    if (!this.#abbreviation?.hasChildren) return this.end;
    const sibling = this.#sibling();
    if (sibling !== undefined && sibling >= this.end) return sibling;
    let at = this.end;
    for (let depth = 1; depth > 0; ) {
      if (at >= this.unit.header.size) return at;
      const inner = new Entry(this.unit, at, this.unit.at(at));
      const far = inner.#abbreviation?.hasChildren ? inner.#sibling() : undefined;
      if (inner.isNull) depth--;
      else if (inner.#abbreviation?.hasChildren && far === undefined) depth++;
      at = far !== undefined && far > inner.offset ? far : inner.end;
    }
    return at;
  }

  #sibling(): number | undefined {
    const place = this.#find(AT.sibling);
    const size = place && REFERENCES[place.form];
    if (place === undefined || size === undefined) return undefined;
    const target = this.#move(place).sized(size);
    return target > this.offset ? target : undefined;
  }

  #attributesEnd(): number {
    const { size, attributes } = this.#abbreviation ?? { size: 0, attributes: [] };
    if (size !== undefined) return this.#attributesAt + size;
    this.#cursor.offset = this.#attributesAt;
    for (const { form } of attributes) skipForm(this.#cursor, form, this.unit.header);
    return this.#cursor.offset;
  }

  #find(at: number): Place | undefined {
    const shapes = this.#abbreviation?.attributes ?? [];
    const index = shapes.findIndex((shape) => shape.at === at);
    if (index < 0) return undefined;
    this.#cursor.offset = this.#attributesAt;
    for (let i = 0; i < index; i++) skipForm(this.#cursor, shapes[i]!.form, this.unit.header);
    return this.#place(shapes[index]!);
  }

  #place({ form, implicit }: AttributeShape): Place {
    const actual = form === FORM.indirect ? this.#cursor.uleb() : form;
    return { form: actual, offset: this.#cursor.offset, implicit };
  }

  #move(place: Place): DwarfCursor {
    this.#cursor.offset = place.offset;
    return this.#cursor;
  }

  #numberAt(place: Place): number | undefined {
    const cursor = this.#move(place);
    switch (place.form) {
      case FORM.implicitConst:
        return place.implicit;
      case FORM.sdata:
        return cursor.sleb();
      case FORM.udata:
        return cursor.uleb();
      case FORM.secOffset:
        return cursor.position(this.unit.header.offsetSize);
      default: {
        const size = DATA[place.form];
        return size === undefined ? undefined : cursor.sized(size);
      }
    }
  }

  #textAt(place: Place): string | undefined {
    const cursor = this.#move(place);
    const { sections } = this.unit.file;
    switch (place.form) {
      case FORM.string:
        return cursor.text();
      case FORM.strp:
        return textAt(sections.whole('str'), cursor.position(this.unit.header.offsetSize));
      case FORM.lineStrp:
        return textAt(sections.whole('line_str'), cursor.position(this.unit.header.offsetSize));
      default: {
        const index = this.#index(place, TEXT_INDEX);
        return index === undefined ? undefined : this.unit.indexedText(index);
      }
    }
  }

  /** The value of a form that is a number in a table: of fixed size, or (0) LEB128. */
  #index(place: Place, sizes: Readonly<Record<number, number>>): number | undefined {
    const size = sizes[place.form];
    if (size === undefined) return undefined;
    const cursor = this.#move(place);
    return size === 0 ? cursor.uleb() : cursor.sized(size);
  }

  /** The number of a range list, for form rnglistx. */
  listIndex(at: number): number | undefined {
    const place = this.#find(at);
    return place && this.#index(place, { [FORM.rnglistx]: 0 });
  }
}

const DATA: Readonly<Record<number, number>> = {
  [FORM.data1]: 1,
  [FORM.data2]: 2,
  [FORM.data4]: 4,
  [FORM.data8]: 8,
  [FORM.flag]: 1,
};
const REFERENCES: Readonly<Record<number, number>> = {
  [FORM.ref1]: 1,
  [FORM.ref2]: 2,
  [FORM.ref4]: 4,
  [FORM.ref8]: 8,
};
const TEXT_INDEX: Readonly<Record<number, number>> = {
  [FORM.strx]: 0,
  [FORM.gnuStringIndex]: 0,
  [FORM.strx1]: 1,
  [FORM.strx2]: 2,
  [FORM.strx3]: 3,
  [FORM.strx4]: 4,
};
const ADDRESS_INDEX: Readonly<Record<number, number>> = {
  [FORM.addrx]: 0,
  [FORM.gnuAddressIndex]: 0,
  [FORM.addrx1]: 1,
  [FORM.addrx2]: 2,
  [FORM.addrx3]: 3,
  [FORM.addrx4]: 4,
};
const BLOCKS: ReadonlySet<number> = new Set([FORM.block, FORM.block1, FORM.block2, FORM.block4, FORM.exprloc]);
