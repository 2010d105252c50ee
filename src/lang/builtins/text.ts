/** Functions on texts and bytes: str, buf, strncmp. */
import { type Address, address, imm, type Operand, type Reg } from '../ir/index.ts';
import { compareLiteral, valueBeside } from '../lower/compare.ts';
import { convert } from '../lower/convert.ts';
import type { Lowering } from '../lower/lowering.ts';
import { lengthOf, pointerOf, readBytes, readTextHelper, store, toMemory, toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { reportRead } from '../lower/runtime-errors.ts';
import { inMemory, offsetBy, scalar } from '../lower/value.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { spaceOf } from '../types/casts.ts';
import { constantOf } from '../types/constant.ts';
import { sizeOfType } from '../types/layout.ts';
import { integral } from '../types/operators.ts';
import { type AddressSpace, stringType, type Type, typeName, UINT64 } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';

/** From here on bpftrace does not mark truncated texts. */
const UNMARKED = 1024;

const str: FunctionRow = {
  name: 'str',
  signature: 'string str(char *address, [int length])',
  doc: 'Reads a NUL-terminated text, at most `length` or max_strlen bytes of it.',
  arguments: [1, 2],
  type(call, t) {
    const [source, length] = call.arguments;
    const type = source && t.typeOf(source);
    if (!type) return undefined;
    if (type.kind !== 'string' && type.kind !== 'pointer' && !integral(type) && type.kind !== 'array') {
      return t.error(
        call,
        `str() expects a string, integer or a pointer type as first argument (${typeName(type)} provided)`,
      );
    }
    const constant = length && constantOf(length, t);
    if (!isLength(call, length, t)) return undefined;
    if (typeof constant !== 'bigint') return stringType(t.settings.maxStrlen);
    if (constant < 0n) return t.error(call, `str cannot use negative length (${constant})`);
    if (constant + 1n > BigInt(t.settings.maxStrlen)) {
      t.warning(
        call,
        `length param (${constant}) is too long and will be shortened to ${t.settings.maxStrlen} bytes (see BPFTRACE_MAX_STRLEN)`,
      );
      return stringType(t.settings.maxStrlen);
    }
    return stringType(Number(constant) + 1);
  },
  lower(call, l) {
    const start = startWanted(call, l);
    const type = start?.rest === 'never' ? stringType(start.bytes) : l.typeOf(call);
    const slot = l.slot('str', type);
    readText(call, slot, type, l);
    return inMemory(type, slot);
  },
  into: (call, to, type, l) => readText(call, to, type, l),
};

function readText(call: Call, to: Address, type: Type, l: Lowering): void {
  const [source, length] = call.arguments;
  const size = sizeOfType(type);
  const own = Math.min(size, sizeOfType(l.typeOf(call)));
  const value = l.value(source!);
  if (value.kind === 'literal' || (value.kind === 'memory' && value.type.kind === 'string')) {
    if (!length) return store(value, to, type, l);
    return cutText(value, length, to, size, l);
  }
  const pointer =
    value.kind === 'memory' && value.space !== 'map' && value.type.kind === 'array'
      ? l.b.addressOf(value.at)
      : toScalar(value, l).operand;
  const space = value.kind === 'memory' ? value.space : spaceOfPointer(source!, l);
  const whole = () => {
    if (l.tails) l.b.zero(to, size);
    const most = lengthToRead(length, own, l);
    const got = readUpTo(to, most, pointer, space, l);
    if (l.settings.maxStrlen < UNMARKED) markTruncated(to, own, got, pointer, space, l);
  };
  const start = startWanted(call, l);
  if (!start) return whole();
  if (start.rest === 'if longer') l.b.zero(to, start.bytes);
  const got = readUpTo(to, imm(start.bytes), pointer, space, l);
  if (start.rest === 'if longer') l.b.when('eq', got, imm(start.bytes), whole);
}

const startWanted = (call: Call, { startOfText }: Lowering): Lowering['startOfText'] =>
  startOfText?.call === call ? startOfText : undefined;

function readUpTo(to: Address, most: Operand, pointer: Operand, space: AddressSpace, l: Lowering): Reg {
  const helper = readTextHelper(space, l);
  const got = l.b.helper(helper, [pointerOf(to, l), most, pointer]);
  reportRead(helper, got, l);
  return got;
}

/** A space that was found on the way (a field's) is in the lowered type; else the typed one. */
function spaceOfPointer(source: Expression, l: Lowering): AddressSpace {
  return spaceOf(l.typeOf(source), l.typing);
}

/** The helper writes a NUL inside this many bytes. */
function lengthToRead(length: Expression | undefined, own: number, l: Lowering): Operand {
  const padded = l.settings.maxStrlen < UNMARKED;
  if (!length) return imm(own);
  const constant = l.constant(length);
  if (typeof constant === 'bigint') return imm(Math.min(Number(constant) + (padded ? 1 : 0), own));
  const wanted = l.b.mov(convert(toScalar(l.value(length), l), UINT64, l).operand);
  if (padded) l.b.add(wanted, imm(1), wanted);
  l.b.when('ugt', wanted, imm(own), () => l.b.mov(imm(own), wanted));
  return wanted;
}

/** A text as long as its buffer was cut: its last byte takes the place of the NUL, which is how printing knows. */
function markTruncated(to: Address, own: number, got: Reg, pointer: Operand, space: AddressSpace, l: Lowering): void {
  l.b.when('eq', got, imm(own), () => {
    const last = offsetBy(to, own - 1);
    readBytes(last, imm(1), address(l.b.add(pointer, imm(own - 1))), space, l);
  });
}

function cutText(value: Parameters<typeof store>[0], length: Expression, to: Address, size: number, l: Lowering): void {
  store(value, to, stringType(size), l);
  const cut = lengthToRead(length, size, l);
  const at = l.b.mov(cut);
  l.b.when('ult', at, imm(size), () => l.b.store(address(l.b.add(pointerOf(to, l), at)), 1, imm(0)));
}

function isLength(call: Call, node: Expression | undefined, t: Typing): boolean {
  const type = node && t.typeOf(node);
  if (!type || integral(type)) return true;
  t.error(call, `${call.name}() expects an integer as its length (${typeName(type)} provided)`);
  return false;
}

const buf: FunctionRow = {
  name: 'buf',
  signature: 'buffer buf(void *address, [int length])',
  doc: 'Reads bytes, for %r and hexadecimal output.',
  arguments: [1, 2],
  type(call, t) {
    const [source] = call.arguments;
    const type = source && t.typeOf(source);
    if (!type) return undefined;
    if (!integral(type) && type.kind !== 'pointer' && type.kind !== 'array' && type.kind !== 'string') {
      return t.error(call, `buf() expects an integer, string, or array argument but saw ${type.kind}`);
    }
    const most = t.settings.maxStrlen - 4;
    const constant = call.arguments[1] && constantOf(call.arguments[1], t);
    if (!call.arguments[1] && type.kind !== 'array' && (type.kind !== 'string' || source.kind === 'string')) {
      return t.error(call, `buf() expects a length argument for non-array type ${type.kind}`);
    }
    if (!isLength(call, call.arguments[1], t)) return undefined;
    if (typeof constant === 'bigint' && constant < 0n)
      return t.error(call, `buf cannot use negative length (${constant})`);
    const size = call.arguments[1] ? (typeof constant === 'bigint' ? Number(constant) : most) : sizeOfType(type);
    return { kind: 'buffer', size: Math.min(size, most) };
  },
  lower(call, l) {
    const type = l.typeOf(call);
    const slot = l.slot('buf', type);
    readBuffer(call, slot, type, l);
    return inMemory(type, slot);
  },
  into: (call, to, type, l) => readBuffer(call, to, type, l),
};

function readBuffer(call: Call, to: Address, type: Type, l: Lowering): void {
  const [source, length] = call.arguments;
  const size = type.kind === 'buffer' ? type.size : 0;
  const own = l.typeOf(call);
  const most = own.kind === 'buffer' ? own.size : size;
  l.b.zero(to, sizeOfType(type));
  const count = length ? lengthOf(length, most, l) : imm(most);
  l.b.store(to, 4, count);
  const value = l.value(source!);
  const data = offsetBy(to, 4);
  if (value.kind === 'memory' && value.space !== 'map') readBytes(data, count, value.at, value.space, l);
  else if (value.kind === 'memory' || value.kind === 'literal') {
    l.b.copy(
      data,
      toMemory(value, l).at,
      Math.min(most, value.kind === 'literal' ? value.bytes.length : sizeOfType(value.type)),
    );
  } else {
    const pointer = toScalar(value, l).operand;
    readBytes(data, count, address(pointer.kind === 'reg' ? pointer : l.b.mov(pointer)), spaceOfPointer(source!, l), l);
  }
}

const strncmp: FunctionRow = {
  name: 'strncmp',
  signature: 'int strncmp(string a, string b, const int length)',
  doc: '0 when the first `length` bytes are equal, else 1.',
  arguments: [3, 3],
  type(call, t) {
    const length = call.arguments[2] && constantOf(call.arguments[2], t);
    if (call.arguments[2] && typeof length !== 'bigint') {
      return t.error(call, 'Builtin strncmp requires a non-negative literal');
    }
    if (typeof length === 'bigint' && length < 0n) t.error(call, 'Builtin strncmp requires a non-negative size');
    for (const argument of call.arguments.slice(0, 2)) {
      const type = t.typeOf(argument);
      if (type && type.kind !== 'string')
        t.error(call, `strncmp() only supports string arguments (${type.kind} provided)`);
    }
    return UINT64;
  },
  lower(call, l) {
    const [a, b, length] = call.arguments;
    return scalar(UINT64, differs(a!, b!, Number(l.constant(length!)), l));
  },
};

function differs(a: Expression, b: Expression, count: number, l: Lowering): Reg {
  const same = l.b.block();
  const different = l.b.block();
  const after = l.b.block();
  const result = l.b.reg();
  prefixEqual(a, b, count, same, different, l);
  l.b.enter(same);
  l.b.mov(imm(0), result);
  l.b.jump(after);
  l.b.enter(different);
  l.b.mov(imm(1), result);
  l.b.jump(after);
  l.b.enter(after);
  return result;
}

function prefixEqual(a: Expression, b: Expression, count: number, same: number, different: number, l: Lowering): void {
  const [x, y] = [valueBeside(a, b, count, l), valueBeside(b, a, count, l)];
  if (y.kind === 'literal') return compareLiteral(x, y.bytes, Math.min(count, y.bytes.length + 1), same, different, l);
  if (x.kind === 'literal') return compareLiteral(y, x.bytes, Math.min(count, x.bytes.length + 1), same, different, l);
  const left = toMemory(x, l);
  const right = toMemory(y, l);
  const most = Math.min(count, sizeOfType(left.type), sizeOfType(right.type));
  for (let i = 0; i < most; i++) {
    const c = l.b.load(offsetBy(left.at, i), 1);
    const equal = l.b.block();
    const next = l.b.block();
    l.b.branch('eq', c, l.b.load(offsetBy(right.at, i), 1), equal, different);
    l.b.enter(equal);
    l.b.branch('eq', c, imm(0), same, next);
    l.b.enter(next);
  }
  l.b.jump(same);
}

export const TEXT: readonly FunctionRow[] = [str, buf, strncmp];
