/** Equality of texts, arrays, tuples: by words where a side is known when compiling, in a loop elsewhere. */
import { type Address, address, type BlockId, imm } from '../ir/index.ts';
import type { Expression } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import { isScalar, isSigned, type Type } from '../types/type.ts';
import type { Lowering } from './lowering.ts';
import { fieldsOf, pointerOf, scalarSize, toMemory, widest, wordAt } from './memory.ts';
import { offsetBy, type Value } from './value.ts';

/** Up to this many bytes are compared without a loop. */
const UNROLLED = 64;

export function compareBytes(
  left: Expression,
  right: Expression,
  same: BlockId,
  different: BlockId,
  l: Lowering,
): void {
  const a = valueBeside(left, right, Infinity, l);
  compareValues(a, valueBeside(right, left, Infinity, l), same, different, l);
}

/** What is compared with another text, at most so many bytes of it; where that is known, one byte more than it has tells them apart. */
export function valueBeside(node: Expression, other: Expression, most: number, l: Lowering): Value {
  const known = l.constant(other);
  if (typeof known !== 'string' || known.includes('\0')) return l.value(node);
  return startOf(node, Math.min(most, known.length + 1) + 1, l);
}

/** A value of which so many bytes are looked at, up to its NUL: no more of a text is read. */
function startOf(node: Expression, bytes: number, l: Lowering): Value {
  if (node.kind !== 'call' || node.name !== 'str' || sizeOfType(l.typeOf(node)) < bytes) return l.value(node);
  const [, length] = node.arguments;
  if (length && typeof l.constant(length) !== 'bigint') return l.value(node);
  return l.withStart({ call: node, bytes, rest: 'never' }, () => l.value(node));
}

function compareValues(left: Value, right: Value, same: BlockId, different: BlockId, l: Lowering): void {
  if (left.kind === 'literal' && right.kind === 'literal')
    return l.b.jump(left.bytes.equals(right.bytes) ? same : different);
  if (right.kind === 'literal') return compareLiteral(left, right.bytes, right.bytes.length + 1, same, different, l);
  if (left.kind === 'literal') return compareLiteral(right, left.bytes, left.bytes.length + 1, same, different, l);
  const a = toMemory(left, l);
  const b = toMemory(right, l);
  if (a.type.kind === 'string')
    return compareTexts(a.at, b.at, Math.min(sizeOfType(a.type), sizeOfType(b.type)), same, different, l);
  compareTyped(a.at, a.type, b.at, b.type, different, l);
  l.b.jump(same);
}

/** Compares `count` bytes with known ones. */
export function compareLiteral(
  value: Value,
  text: Buffer,
  count: number,
  same: BlockId,
  different: BlockId,
  l: Lowering,
): void {
  const memory = toMemory(value, l);
  const size = sizeOfType(memory.type);
  // A text that fills its buffer has no NUL there: it differs unless the literal is just as long.
  const compared = Math.min(count, size);
  if (count > size + 1) return l.b.jump(different);
  const padded = Buffer.alloc(compared + 8);
  text.copy(padded, 0, 0, compared);
  for (let at = 0; at < compared; ) {
    const width = widest(compared - at, memory.at.offset + at);
    const next = l.b.block();
    l.b.branch(
      'eq',
      l.b.load(offsetBy(memory.at, at), width),
      imm(signedWord(wordAt(padded, at, width), width)),
      next,
      different,
    );
    l.b.enter(next);
    at += width;
  }
  l.b.jump(same);
}

const signedWord = (word: bigint, width: number): bigint => (width === 8 ? BigInt.asIntN(64, word) : word);

/**
 * Bytes up to the NUL that both have at the same place. The verifier is not told that the index starts with 0, or each
 * round would be a state of its own; and it is told of the bound in the register that is added.
 */
function compareTexts(a: Address, b: Address, size: number, same: BlockId, different: BlockId, l: Lowering): void {
  const { b: build } = l;
  const index = build.mov(l.hiddenZero());
  const head = build.block();
  const guarded = build.block();
  const inside = build.block();
  const body = build.block();
  const equal = build.block();
  const next = build.block();
  const left = pointerOf(a, l);
  const right = pointerOf(b, l);
  build.jump(head);
  build.enter(head);
  build.branch('ult', index, imm(size), guarded, same);
  build.enter(guarded);
  build.guard(body, different);
  build.enter(body);
  const near = build.binary('and', index, imm(0x7fff_ffff));
  build.branch('ult', near, imm(size), inside, same);
  build.enter(inside);
  const x = build.load(address(build.add(left, near)), 1);
  const y = build.load(address(build.add(right, near)), 1);
  build.branch('eq', x, y, equal, different);
  build.enter(equal);
  build.branch('eq', x, imm(0), same, next);
  build.enter(next);
  build.add(index, imm(1), index);
  build.jump(head);
}

/** Falls through when equal. */
function compareTyped(a: Address, aType: Type, b: Address, bType: Type, different: BlockId, l: Lowering): void {
  if (aType.kind === 'tuple' || aType.kind === 'record') {
    const others = fieldsOf(bType);
    for (const field of fieldsOf(aType)) {
      const other = others.find((one) => one.name === field.name)!;
      compareTyped(offsetBy(a, field.offset), field.type, offsetBy(b, other.offset), other.type, different, l);
    }
    return;
  }
  const next = l.b.block();
  if (isScalar(aType)) {
    const x = l.b.load(a, scalarSize(aType), isSigned(aType));
    l.b.branch('eq', x, l.b.load(b, scalarSize(bType), isSigned(bType)), next, different);
  } else if (aType.kind === 'string') {
    compareTexts(a, b, Math.min(sizeOfType(aType), sizeOfType(bType)), next, different, l);
  } else {
    compareWords(a, b, sizeOfType(aType), next, different, l);
  }
  l.b.enter(next);
}

function compareWords(a: Address, b: Address, size: number, same: BlockId, different: BlockId, l: Lowering): void {
  if (size > UNROLLED * 16) return compareTexts(a, b, size, same, different, l);
  for (let at = 0; at < size; ) {
    const width = widest(size - at, a.offset | b.offset | at);
    const next = l.b.block();
    l.b.branch('eq', l.b.load(offsetBy(a, at), width), l.b.load(offsetBy(b, at), width), next, different);
    l.b.enter(next);
    at += width;
  }
  l.b.jump(same);
}
