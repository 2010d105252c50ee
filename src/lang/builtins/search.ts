/** Functions that look into texts: strlen, strcap, strstr, strcontains, memcmp. */
import { type Address, address, imm, type Operand, type Reg } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { lengthOf as lengthOfBytes, pointerOf, readTextHelper, toMemory, toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { scalar } from '../lower/value.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import { integral } from '../types/operators.ts';
import { BOOL, INT32, INT64, type Type, typeName, UINT64 } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';

const isTextual = (type: Type): boolean =>
  type.kind === 'string' || type.kind === 'pointer' || (type.kind === 'array' && sizeOfType(type.of) === 1);

function textual(result: Type): (call: Call, t: Typing) => Type | undefined {
  return (call, t) => {
    for (const argument of call.arguments) {
      const type = t.typeOf(argument);
      if (type && !isTextual(type)) {
        return t.error(
          call,
          `${call.name}() expects a string, an array of bytes or a pointer (${typeName(type)} provided)`,
        );
      }
    }
    return result;
  };
}

/** Bytes that plain loads reach; what a pointer points to is read first. */
function bytesOf(node: Expression, l: Lowering): { at: Address; size: number } {
  const value = l.value(node);
  if (value.kind === 'scalar' && value.type.kind === 'pointer') {
    const size = l.settings.maxStrlen;
    const slot = l.bytes('text', size);
    const pointer = toScalar(value, l).operand;
    l.b.helper(readTextHelper(value.type.space, l), [pointerOf(slot, l), imm(size), pointer]);
    return { at: slot, size };
  }
  const memory = toMemory(value, l);
  return { at: memory.at, size: sizeOfType(memory.type) };
}

/**
 * Runs `body` for 0 … `end` - 1; `leave` jumps behind the loop. The verifier is not told that it starts with 0: each round
 * would be a state of its own, and loops in loops of them too many.
 */
function loop(end: Operand, body: (i: Reg, leave: () => void) => void, l: Lowering): void {
  const { b } = l;
  const i = b.mov(l.hiddenZero());
  const [head, guarded, inside, next, after] = [b.block(), b.block(), b.block(), b.block(), b.block()];
  b.jump(head);
  b.enter(head);
  b.branch('ult', i, end, guarded, after);
  b.enter(guarded);
  b.guard(inside, after);
  b.enter(inside);
  body(i, () => b.jump(after));
  b.jump(next);
  b.enter(next);
  b.add(i, imm(1), i);
  b.jump(head);
  b.enter(after);
}

/** 0 behind the end. The index is bounded in the register that is added: of one that was spilled the verifier has forgotten it. */
function byteAt(base: Reg, index: Operand, size: number, l: Lowering): Reg {
  const { b } = l;
  const near = b.binary('and', index, imm(0x7fff_ffff));
  const byte = b.mov(imm(0));
  b.when('ult', near, imm(size), () => {
    b.load(address(b.add(base, near)), 1, false, byte);
  });
  return byte;
}
const baseOf = (at: Address, l: Lowering): Reg => {
  const pointer = pointerOf(at, l);
  return pointer.kind === 'reg' ? pointer : l.b.mov(pointer);
};

function lengthOf(at: Address, size: number, l: Lowering): Reg {
  const length = l.b.mov(imm(size));
  const base = baseOf(at, l);
  loop(
    imm(size),
    (i, leave) => {
      l.b.when('eq', byteAt(base, i, size, l), imm(0), () => {
        l.b.mov(i, length);
        leave();
      });
    },
    l,
  );
  return length;
}

const strlen: FunctionRow = {
  name: 'strlen',
  signature: 'uint64 strlen(string text)',
  doc: 'Bytes before the NUL.',
  arguments: [1, 1],
  type: textual(UINT64),
  lower(call, l) {
    const [text] = call.arguments;
    if (text?.kind === 'string') return scalar(UINT64, imm(text.value.length));
    const { at, size } = bytesOf(text!, l);
    return scalar(UINT64, lengthOf(at, size, l));
  },
};

const strcap: FunctionRow = {
  name: 'strcap',
  signature: 'int64 strcap(string text)',
  doc: 'Bytes that the text has room for; of what a pointer points to, its length.',
  arguments: [1, 1],
  type: textual(INT64),
  lower(call, l) {
    const [text] = call.arguments;
    const type = l.typeOf(text!);
    return type.kind === 'pointer' ? strlen.lower(call, l) : scalar(INT64, imm(sizeOfType(type)));
  },
};

/** Index of the needle, -1 without; an empty needle is everywhere. */
function find(haystack: Expression, needle: Expression, l: Lowering): Reg {
  const { b } = l;
  const hay = bytesOf(haystack, l);
  const base = baseOf(hay.at, l);
  const isAt = matcher(base, hay.size, needle, l);
  const result = b.mov(imm(-1));
  loop(
    imm(hay.size),
    (start, leave) => {
      const same = isAt(start);
      b.when('ne', same, imm(0), () => {
        b.mov(start, result);
        leave();
      });
      b.when('eq', byteAt(base, start, hay.size, l), imm(0), leave);
    },
    l,
  );
  return result;
}

/** Gives 1 when the needle stands at `start`, else 0. */
function matcher(base: Reg, size: number, needle: Expression, l: Lowering): (start: Reg) => Reg {
  if (needle.kind === 'string' && needle.value.length <= SHORT) {
    return (start) => matchesLiteral(base, size, start, Buffer.from(needle.value, 'latin1'), l);
  }
  const wanted = bytesOf(needle, l);
  const pattern = baseOf(wanted.at, l);
  return (start) => matches(base, size, start, pattern, wanted.size, l);
}

/** Needles up to here are compared without a loop: a loop in a loop is many ways through the program. */
const SHORT = 32;

function matchesLiteral(base: Reg, size: number, start: Reg, needle: Buffer, l: Lowering): Reg {
  const { b } = l;
  if (needle.length === 0) return b.mov(imm(1));
  const same = b.mov(imm(0));
  if (needle.length > size) return same;
  const after = b.block();
  const near = b.binary('and', start, imm(0x7fff_ffff));
  b.when('ult', near, imm(size - needle.length + 1), () => {
    const at = b.add(base, near);
    for (const [j, byte] of needle.entries()) {
      const next = b.block();
      b.branch('eq', b.load(address(at, j), 1), imm(byte), next, after);
      b.enter(next);
    }
    b.mov(imm(1), same);
  });
  b.jump(after);
  b.enter(after);
  return same;
}

/** The same for a needle that is only known when the program runs. */
function matches(base: Reg, size: number, start: Reg, pattern: Reg, most: number, l: Lowering): Reg {
  const { b } = l;
  const same = b.mov(imm(1));
  loop(
    imm(most),
    (j, leave) => {
      const byte = byteAt(pattern, j, most, l);
      b.when('eq', byte, imm(0), leave);
      const at = b.add(start, j);
      b.when(
        'ult',
        at,
        imm(size),
        () => {
          b.when('ne', byteAt(base, at, size, l), byte, () => {
            b.mov(imm(0), same);
            leave();
          });
        },
        () => {
          b.mov(imm(0), same);
          leave();
        },
      );
    },
    l,
  );
  return same;
}

const strstr: FunctionRow = {
  name: 'strstr',
  signature: 'int64 strstr(string haystack, string needle)',
  doc: 'Where the needle starts in the haystack; -1 when it is not there.',
  arguments: [2, 2],
  type: textual(INT64),
  lower: (call, l) => scalar(INT64, find(call.arguments[0]!, call.arguments[1]!, l)),
};

const strcontains: FunctionRow = {
  name: 'strcontains',
  signature: 'bool strcontains(string haystack, string needle)',
  doc: 'Whether the haystack contains the needle.',
  arguments: [2, 2],
  type: textual(BOOL),
  lower: (call, l) => scalar(BOOL, l.b.compare('sge', find(call.arguments[0]!, call.arguments[1]!, l), imm(0))),
};

const memcmp: FunctionRow = {
  name: 'memcmp',
  signature: 'int32 memcmp(left, right, uint64 count)',
  doc: 'Compares the first bytes of two values, as many as the shorter has at most: 0 when they are the same, else below or above 0 as the first that differs.',
  arguments: [3, 3],
  type(call, t) {
    const [, , count] = call.arguments;
    const type = count && t.typeOf(count);
    if (type && integral(type) === undefined)
      return t.error(call, `memcmp() expects a number of bytes (${typeName(type)} provided)`);
    return INT32;
  },
  lower(call, l) {
    const [left, right] = call.arguments.slice(0, 2).map((node) => toMemory(l.value(node), l));
    const most = Math.min(sizeOfType(left!.type), sizeOfType(right!.type));
    return scalar(
      INT32,
      difference(baseOf(left!.at, l), baseOf(right!.at, l), lengthOfBytes(call.arguments[2]!, most, l), most, l),
    );
  },
};

/** Bytes are signed, as char is. */
function difference(left: Reg, right: Reg, count: Operand, most: number, l: Lowering): Reg {
  const { b } = l;
  const result = b.mov(imm(0));
  const signed = (byte: Reg) => b.binary('sshr', b.binary('shl', byte, imm(56)), imm(56));
  loop(
    count,
    (i, leave) => {
      const [x, y] = [byteAt(left, i, most, l), byteAt(right, i, most, l)];
      b.when('ne', x, y, () => {
        b.mov(b.binary('sub', signed(x), signed(y)), result);
        leave();
      });
    },
    l,
  );
  return result;
}

export const SEARCH: readonly FunctionRow[] = [strlen, strcap, strstr, strcontains, memcmp];
