/** A BTF blob, indexed in one pass and decoded type by type as they are asked for. */
import { ByteCursor, textAt } from '../../base/bytes.ts';
import { PebbleError } from '../../base/errors.ts';
import { decodeType } from './decode.ts';
import { type BtfKind, EACH_WORDS, FIXED_WORDS, KIND_NAMES, KIND_NUMBERS } from './kinds.ts';
import type { BtfType, TypeId } from './types.ts';

const MAGIC = 0xeb9f;
/** Types are at least three words: name, info, size or type. */
const TYPE_WORDS = 3;

interface Sections {
  readonly words: Uint32Array;
  readonly strings: Buffer;
}

export class Btf {
  readonly name: string;
  /** The BTF whose ids and strings this one continues: vmlinux for a module. */
  readonly base: Btf | undefined;
  /** Ids from here on are this BTF's own, smaller ones its base's. */
  readonly firstId: TypeId;
  /** One past the last id. */
  readonly endId: TypeId;
  readonly #words: Uint32Array;
  readonly #strings: Buffer;
  readonly #firstString: number;
  /** Where each own type starts in #words. */
  readonly #starts: Uint32Array;
  /** The name offset of each: dense, so that a name is found by one native search. */
  readonly #nameOffsets: Uint32Array;
  readonly #textOffsets = new Map<string, number | undefined>();
  readonly #decoded = new Map<TypeId, BtfType>();

  private constructor(name: string, sections: Sections, base: Btf | undefined) {
    this.name = name;
    this.base = base;
    this.#words = sections.words;
    this.#strings = sections.strings;
    this.#firstString = base?.endString ?? 0;
    const { starts, nameOffsets } = indexTypes(sections.words, name);
    this.#starts = starts;
    this.#nameOffsets = nameOffsets;
    this.firstId = base?.endId ?? 1;
    this.endId = this.firstId + this.#starts.length;
  }

  /** `bytes` are kept, not copied (but for badly aligned ones): they must not change. */
  static parse(bytes: Buffer, options: { readonly name?: string; readonly base?: Btf } = {}): Btf {
    const name = options.name ?? 'BTF';
    return new Btf(name, readSections(bytes, name), options.base);
  }

  get endString(): number {
    return this.#firstString + this.#strings.length;
  }

  text(offset: number): string {
    if (offset < this.#firstString && this.base) return this.base.text(offset);
    const own = offset - this.#firstString;
    if (own >= this.#strings.length) this.#fail(`name at ${offset} lies outside of the strings`);
    return textAt(this.#strings, own);
  }

  /** The one type of this name and kind; the first if there are several (findAll gives them all). */
  find(name: string, kind?: BtfKind): TypeId | undefined {
    return this.findAll(name, kind).next().value;
  }

  /** Ids in rising order, the base's first. */
  *findAll(name: string, kind?: BtfKind): Generator<TypeId, undefined> {
    if (name === '') return;
    if (this.base) yield* this.base.findAll(name, kind);
    const offset = this.#textOffset(name);
    if (offset === undefined) return;
    const names = this.#nameOffsets;
    for (let i = names.indexOf(offset); i >= 0; i = names.indexOf(offset, i + 1)) {
      if (kind === undefined || this.kindOf(this.firstId + i) === kind) yield this.firstId + i;
    }
  }

  /** All ids of a kind, the base's first; nothing is decoded. */
  ids(kind: BtfKind): TypeId[] {
    const found = this.base ? this.base.ids(kind) : [];
    const kindNumber = KIND_NUMBERS[kind];
    for (let i = 0; i < this.#starts.length; i++) {
      if (kindOfInfo(this.#words[this.#starts[i]! + 1]!) === kindNumber) found.push(this.firstId + i);
    }
    return found;
  }

  kindOf(id: TypeId): BtfKind {
    if (id === 0) return 'void';
    if (id < this.firstId && this.base) return this.base.kindOf(id);
    return KIND_NAMES[kindOfInfo(this.#words[this.#start(id) + 1]!)]!;
  }

  /** Empty for an anonymous type. */
  nameOf(id: TypeId): string {
    if (id === 0) return 'void';
    if (id < this.firstId && this.base) return this.base.nameOf(id);
    return this.text(this.#words[this.#start(id)]!);
  }

  /** The decoded type; asked for again, it is the same object. */
  type(id: TypeId): BtfType {
    if (id < this.firstId && this.base) return this.base.type(id);
    let type = this.#decoded.get(id);
    if (type === undefined) {
      type = id === 0 ? { kind: 'void', id } : decodeType(this, id, this.#words, this.#start(id));
      this.#decoded.set(id, type);
    }
    return type;
  }

  /** `name`'s offset among the strings. Strings are unique in what kernels, clang and pahole write. */
  #textOffset(name: string): number | undefined {
    if (!this.#textOffsets.has(name)) this.#textOffsets.set(name, this.#findText(name));
    return this.#textOffsets.get(name);
  }

  #findText(name: string): number | undefined {
    for (let btf: Btf | undefined = this; btf; btf = btf.base) {
      const at = btf.#strings.indexOf(`\0${name}\0`);
      if (at >= 0) return btf.#firstString + at + 1;
      if (btf.#firstString > 0 && btf.#strings.subarray(0, name.length + 1).equals(Buffer.from(`${name}\0`))) {
        return btf.#firstString;
      }
    }
    return undefined;
  }

  #start(id: TypeId): number {
    const start = this.#starts[id - this.firstId];
    if (start === undefined) this.#fail(`there is no type ${id} (the last is ${this.endId - 1})`);
    return start;
  }

  #fail(what: string): never {
    throw new PebbleError('format', { doing: `reading ${this.name}`, what });
  }
}

function kindOfInfo(info: number): number {
  return (info >>> 24) & 0x1f;
}

/** struct btf_header: offsets count from its end. */
function readSections(bytes: Buffer, name: string): Sections {
  const cursor = new ByteCursor(bytes, name);
  const magic = cursor.u16();
  if (magic !== MAGIC) cursor.fail(magic === 0x9feb ? 'big-endian BTF is not supported' : 'this is not BTF');
  const version = cursor.u8();
  if (version !== 1) cursor.fail(`BTF version ${version} is not known`);
  cursor.u8();
  const headerLength = cursor.u32();
  const typeOffset = headerLength + cursor.u32();
  const typeLength = cursor.u32();
  const textOffset = headerLength + cursor.u32();
  const textLength = cursor.u32();
  if (typeLength % 4 !== 0) cursor.fail(`the types' length ${typeLength} is not in words of 4 bytes`);
  const strings = new ByteCursor(bytes, name, textOffset).take(textLength);
  if (strings.length > 0 && strings[strings.length - 1] !== 0) cursor.fail('the strings do not end with NUL');
  return { words: wordsOf(new ByteCursor(bytes, name, typeOffset).take(typeLength)), strings };
}

function wordsOf(bytes: Buffer): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

function indexTypes(words: Uint32Array, name: string): { starts: Uint32Array; nameOffsets: Uint32Array } {
  const most = Math.floor(words.length / TYPE_WORDS);
  const starts = new Uint32Array(most);
  const nameOffsets = new Uint32Array(most);
  let count = 0;
  for (let at = 0; at < words.length; ) {
    const info = words[at + 1]!;
    const kind = kindOfInfo(info);
    const next = at + TYPE_WORDS + FIXED_WORDS[kind]! + EACH_WORDS[kind]! * (info & 0xffff);
    // A kind that we do not know has no known length: `next` is NaN.
    if (!(next <= words.length) || kind === 0) failIndex(name, count + 1, kind);
    starts[count] = at;
    nameOffsets[count++] = words[at]!;
    at = next;
  }
  return { starts: starts.subarray(0, count), nameOffsets: nameOffsets.subarray(0, count) };
}

function failIndex(name: string, nth: number, kind: number): never {
  const known = kind !== 0 && kind < KIND_NAMES.length;
  throw new PebbleError('format', {
    doing: `reading ${name}`,
    what: known ? `type ${nth} runs past the end` : `type ${nth} is of unknown kind ${kind}`,
  });
}
