/** Damages inputs: bytes as broken disks, linkers and attackers would, text by its own parts. */
import type { Random } from './random.ts';

const INTERESTING_BYTES = [0, 1, 0x20, 0x7f, 0x80, 0xff];
const INTERESTING_WORDS = [0, 1, 2, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Some bytes of `input` changed; `other` gives parts that fit elsewhere. */
export function mutate(input: Buffer, other: Buffer, random: Random): Buffer {
  if (input.length === 0) return Buffer.from(other);
  let bytes: Buffer = Buffer.from(input);
  const times = 1 + random.below(random.oneIn(4) ? 16 : 4);
  for (let i = 0; i < times && bytes.length > 0; i++) bytes = random.of(MUTATIONS)(bytes, other, random);
  return bytes;
}

type Mutation = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  function anyByte(bytes, _, random) {
    bytes[place(bytes, random)] = random.below(256);
    return bytes;
  },
  function interestingByte(bytes, _, random) {
    bytes[place(bytes, random)] = random.of(INTERESTING_BYTES);
    return bytes;
  },
  function oneBit(bytes, _, random) {
    const at = place(bytes, random);
    bytes[at] = bytes[at]! ^ (1 << random.below(8));
    return bytes;
  },
  function alignedWord(bytes, _, random) {
    if (bytes.length >= 4) {
      const value = random.oneIn(2) ? random.of(INTERESTING_WORDS) : random.below(bytes.length);
      bytes.writeUInt32LE(value, random.below(bytes.length >>> 2) * 4);
    }
    return bytes;
  },
  function addToWord(bytes, _, random) {
    if (bytes.length >= 4) {
      const at = random.below(bytes.length >>> 2) * 4;
      bytes.writeUInt32LE((bytes.readUInt32LE(at) + random.below(17) - 8) >>> 0, at);
    }
    return bytes;
  },
  function moveWithin(bytes, _, random) {
    return bytes.copyWithin(place(bytes, random), place(bytes, random), place(bytes, random));
  },
  function takeFromOther(bytes, other, random) {
    const from = random.below(other.length);
    other.copy(bytes, place(bytes, random), from, from + 1 + random.below(32));
    return bytes;
  },
  function removePart(bytes, _, random) {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(16))]);
  },
  function repeatPart(bytes, _, random) {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at + 1 + random.below(32)), bytes.subarray(at)]);
  },
  function endEarly(bytes, _, random) {
    return random.oneIn(4) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
  },
];

/** Headers are where damage leads farthest: every other place is among the first 128 bytes. */
function place(bytes: Buffer, random: Random): number {
  return random.below(random.oneIn(2) ? Math.min(bytes.length, 128) : bytes.length);
}

/** Changes by whole tokens: what readers of text look at. Few inputs would come out right from changed bytes alone. */
export function mutateText(input: Buffer, other: Buffer, random: Random): Buffer {
  if (random.oneIn(4)) return mutate(input, other, random);
  const tokens = tokensOf(input);
  const others = tokensOf(other);
  for (let i = random.below(6); i >= 0; i--) {
    const at = random.below(tokens.length + 1);
    const token = others.length > 0 ? random.of(others) : ' ';
    switch (random.below(4)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens.splice(at, 0, token);
        break;
      case 2:
        tokens.splice(at, 1, token);
        break;
      case 3:
        tokens.splice(at, 1, ...Array<string>(random.oneIn(8) ? 2000 : 3).fill(tokens[at] ?? token));
    }
  }
  return Buffer.from(tokens.join(''), 'latin1');
}

function tokensOf(input: Buffer): string[] {
  return input.toString('latin1').match(/\w+|\s+|[^\w\s]/g) ?? [];
}
