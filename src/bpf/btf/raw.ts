/** Where each type stands in the bytes of BTF, for those who change it in place. */
import { type BtfKind, EACH_WORDS, FIXED_WORDS, KIND_NAMES } from './kinds.ts';
import type { TypeId } from './types.ts';

const HEADER_LENGTH = 4;
const TYPE_OFFSET = 8;
const TYPE_LENGTH = 12;
const TYPE_WORDS = 3;

export interface RawType {
  readonly id: TypeId;
  /** Byte of its first word: name; then info, size or type; then what its kind adds. */
  readonly at: number;
  readonly kind: BtfKind;
  /** Members, values, parameters or variables; the linkage of a function. */
  readonly parts: number;
}

/** The bytes must be BTF that `Btf.parse` accepts. */
export function* rawTypes(bytes: Buffer): Generator<RawType> {
  const start = bytes.readUInt32LE(HEADER_LENGTH) + bytes.readUInt32LE(TYPE_OFFSET);
  const end = start + bytes.readUInt32LE(TYPE_LENGTH);
  for (let at = start, id = 1; at < end; id++) {
    const info = bytes.readUInt32LE(at + 4);
    const number = (info >>> 24) & 0x1f;
    const parts = info & 0xffff;
    yield { id, at, kind: KIND_NAMES[number]!, parts };
    at += (TYPE_WORDS + FIXED_WORDS[number]! + EACH_WORDS[number]! * parts) * 4;
  }
}
