/** Evaluates the DWARF expressions of call frame information (DWARF 5, section 2.5): of PLT stubs and signal frames. */
import { LebCursor } from '../../../base/leb128.ts';
import { unlessBroken } from './cursor.ts';

/** What an expression can see; NaN stands for what is not known. */
export interface ExpressionScope {
  register(number: number): number;
  /** The 8 bytes at an address. */
  read(address: number): number;
}

/** Loops are possible; no compiler writes one. */
const MAX_STEPS = 1000;
const MAX_DEPTH = 64;

type Binary = (left: bigint, right: bigint) => bigint;

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const shift = (value: bigint): bigint => (value > 63n ? 64n : value);
const truth = (test: boolean): bigint => (test ? 1n : 0n);

const BINARY: Readonly<Record<number, Binary>> = {
  26: (a, b) => a & b,
  27: (a, b) => (b === 0n ? 0n : signed(a) / signed(b)),
  28: (a, b) => a - b,
  29: (a, b) => (b === 0n ? 0n : a % b),
  30: (a, b) => a * b,
  33: (a, b) => a | b,
  34: (a, b) => a + b,
  36: (a, b) => a << shift(b),
  37: (a, b) => a >> shift(b),
  38: (a, b) => signed(a) >> shift(b),
  39: (a, b) => a ^ b,
  41: (a, b) => truth(signed(a) === signed(b)),
  42: (a, b) => truth(signed(a) >= signed(b)),
  43: (a, b) => truth(signed(a) > signed(b)),
  44: (a, b) => truth(signed(a) <= signed(b)),
  45: (a, b) => truth(signed(a) < signed(b)),
  46: (a, b) => truth(signed(a) !== signed(b)),
};

/** The value on top at the end; NaN when it depends on what is not known, or the expression makes no sense. */
export function evaluate(expression: Uint8Array, scope: ExpressionScope, first?: number): number {
  const bytes = Buffer.from(expression.buffer, expression.byteOffset, expression.length);
  const machine = new Machine(new LebCursor(bytes, 'a DWARF expression'), scope);
  const run = () => {
    if (first !== undefined) machine.pushNumber(first);
    return machine.run();
  };
  return unlessBroken(run) ?? Number.NaN;
}

class Machine {
  readonly #cursor: LebCursor;
  readonly #scope: ExpressionScope;
  readonly #stack: bigint[] = [];

  constructor(cursor: LebCursor, scope: ExpressionScope) {
    this.#cursor = cursor;
    this.#scope = scope;
  }

  run(): number {
    const cursor = this.#cursor;
    for (let steps = 0; cursor.remaining > 0; steps++) {
      if (steps === MAX_STEPS) cursor.fail('it does not end');
      this.#step(cursor.u8());
    }
    return Number(this.#pop());
  }

  pushNumber(value: number): void {
    if (!Number.isInteger(value)) this.#cursor.fail('it needs a value that is not known');
    this.#push(BigInt(value));
  }

  #push(value: bigint): void {
    if (this.#stack.length === MAX_DEPTH) this.#cursor.fail('its stack is too deep');
    this.#stack.push(BigInt.asUintN(64, value));
  }

  #pop(): bigint {
    return this.#stack.pop() ?? this.#cursor.fail('its stack is empty');
  }

  /** The value `depth` below the top. */
  #peek(depth: number): bigint {
    return this.#stack.at(-1 - depth) ?? this.#cursor.fail('its stack is not as deep');
  }

  #step(opcode: number): void {
    const binary = BINARY[opcode];
    if (binary) {
      const right = this.#pop();
      this.#push(binary(this.#pop(), right));
    } else if (opcode >= 0x30 && opcode <= 0x4f) {
      this.#push(BigInt(opcode - 0x30));
    } else if (opcode >= 0x70 && opcode <= 0x8f) {
      this.#pushRegister(opcode - 0x70);
    } else if (opcode >= 0x08 && opcode <= 0x11) {
      this.#push(this.#constant(opcode));
    } else {
      this.#other(opcode);
    }
  }

  /** const1u, const1s, const2u … const8s, constu, consts. */
  #constant(opcode: number): bigint {
    const cursor = this.#cursor;
    if (opcode >= 0x10) return cursor.bigLeb(opcode === 0x11);
    const bits = 8 << ((opcode - 0x08) >> 1);
    const value =
      bits === 64 ? cursor.u64() : BigInt(bits === 32 ? cursor.u32() : bits === 16 ? cursor.u16() : cursor.u8());
    return opcode % 2 === 0 ? value : BigInt.asIntN(bits, value);
  }

  #other(opcode: number): void {
    switch (opcode) {
      case 0x06: // deref
        return this.#dereference(8);
      case 0x94: // deref_size
        return this.#dereference(this.#cursor.u8());
      case 0x12: // dup
        return this.#push(this.#peek(0));
      case 0x13: // drop
        this.#pop();
        return;
      case 0x14: // over
        return this.#push(this.#peek(1));
      case 0x15: // pick
        return this.#push(this.#peek(this.#cursor.u8()));
      case 0x16: // swap
        return this.#rotate(2);
      case 0x17: // rot
        return this.#rotate(3);
      case 0x19: {
        // abs
        const value = signed(this.#pop());
        return this.#push(value < 0n ? -value : value);
      }
      case 0x1f: // neg
        return this.#push(-this.#pop());
      case 0x20: // not
        return this.#push(~this.#pop());
      case 0x23: // plus_uconst
        return this.#push(this.#pop() + this.#cursor.bigLeb(false));
      case 0x28: // bra
        return this.#jump(this.#pop() !== 0n);
      case 0x2f: // skip
        return this.#jump(true);
      case 0x92: // bregx
        return this.#pushRegister(Number(this.#cursor.bigLeb(false)));
      case 0x96: // nop
        return;
      default:
        this.#cursor.fail(`operation 0x${opcode.toString(16)} is not supported`);
    }
  }

  #pushRegister(number: number): void {
    this.pushNumber(this.#scope.register(number));
    this.#push(this.#pop() + this.#cursor.bigLeb(true));
  }

  #dereference(size: number): void {
    if (size < 1 || size > 8) this.#cursor.fail(`it reads ${size} bytes`);
    this.pushNumber(this.#scope.read(Number(this.#pop())));
    this.#push(BigInt.asUintN(size * 8, this.#pop()));
  }

  /** The top goes below the `count - 1` values under it. */
  #rotate(count: number): void {
    this.#peek(count - 1);
    this.#stack.splice(1 - count, 0, this.#pop());
  }

  #jump(taken: boolean): void {
    const cursor = this.#cursor;
    const distance = (cursor.u16() << 16) >> 16;
    if (!taken) return;
    const target = cursor.offset + distance;
    if (target < 0 || target > cursor.bytes.length) cursor.fail('it jumps out of itself');
    cursor.offset = target;
  }
}
