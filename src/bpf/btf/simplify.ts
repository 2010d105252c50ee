/** Rewrites BTF for kernels that know fewer kinds of types; ids and strings stay where they are. */
import { Btf } from './btf.ts';
import { type BtfKind, EACH_WORDS, KIND_NUMBERS } from './kinds.ts';
import { rawTypes } from './raw.ts';

/** Kinds to do without, from the newest kernels' down: 5.13 float, 5.16 decl_tag, 5.17 type_tag, 6.0 enum64; 5.2 the rest. */
export const BTF_STEPS: readonly (readonly BtfKind[])[] = [
  ['enum64', 'type_tag', 'decl_tag', 'float'],
  ['enum64', 'type_tag', 'decl_tag', 'float', 'datasec', 'var'],
];

/** The extra word of an int: 8 bits, no encoding. */
const INT_BYTE = 8;

/** What has as many words, and the size, of the kind that it stands for (libbpf, bpf_object__sanitize_btf). */
const STAND_IN: Partial<Record<BtfKind, BtfKind>> = {
  enum64: 'union',
  type_tag: 'const',
  decl_tag: 'int',
  float: 'struct',
  datasec: 'struct',
  var: 'int',
};

/** Undefined when it cannot be done. The bytes must be BTF that `Btf.parse` accepts. */
export function simplifyBtf(bytes: Buffer, without: readonly BtfKind[]): Buffer | undefined {
  const btf = Btf.parse(bytes);
  const filler = btf.ids('int').find((id) => {
    const type = btf.type(id);
    return type.kind === 'int' && type.size === 1;
  });
  const copy = Buffer.from(bytes);
  for (const { at, kind, parts } of rawTypes(bytes)) {
    if (!without.includes(kind)) continue;
    const members = EACH_WORDS[KIND_NUMBERS[kind]] === 3 ? parts : 0;
    if (members > 0 && filler === undefined) return undefined;
    replace(copy, at, STAND_IN[kind]!, members, filler ?? 0);
  }
  return copy;
}

function replace(copy: Buffer, at: number, kind: BtfKind, members: number, filler: number): void {
  copy.writeUInt32LE(((KIND_NUMBERS[kind] << 24) | members) >>> 0, at + 4);
  // Names of sections and tags are no identifiers.
  if (kind !== 'int') copy.writeUInt32LE(0, at);
  if (kind === 'int') {
    copy.writeUInt32LE(1, at + 8);
    copy.writeUInt32LE(INT_BYTE, at + 12);
  }
  for (let i = 0; i < members; i++) {
    const member = at + 12 + i * 12;
    copy.writeUInt32LE(0, member);
    copy.writeUInt32LE(filler, member + 4);
    copy.writeUInt32LE(0, member + 8);
  }
}
