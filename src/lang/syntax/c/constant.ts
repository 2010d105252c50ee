/** Evaluates the integer constant expressions of C: array lengths, enum values, #if. */
import { parseUnsigned } from '../integers.ts';
import type { CToken } from './lexer.ts';

/** What a constant expression may name. */
export interface ConstantNames {
  /** The value of an enum member. */
  value(name: string): bigint | undefined;
  /** The size in bytes of the type that the tokens of `sizeof(…)` spell. */
  sizeOf(tokens: readonly CToken[]): bigint | undefined;
}

/** A constant that cannot be evaluated, and why. */
export class ConstantError extends Error {}

const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

const BINARY: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '||': (a, b) => truth(a !== 0n || b !== 0n),
  '&&': (a, b) => truth(a !== 0n && b !== 0n),
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '>': (a, b) => truth(a > b),
  '<=': (a, b) => truth(a <= b),
  '>=': (a, b) => truth(a >= b),
  '<<': (a, b) => a << (b & 63n),
  '>>': (a, b) => a >> (b & 63n),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / nonZero(b),
  '%': (a, b) => a % nonZero(b),
};

const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  '-': (a) => -a,
  '+': (a) => a,
  '~': (a) => ~a,
  '!': (a) => truth(a === 0n),
};

/** The value of all the tokens; throws ConstantError. */
export function evaluateConstant(tokens: readonly CToken[], names: ConstantNames): bigint {
  const reader = new Reader(tokens, names);
  const value = reader.ternary();
  if (!reader.atEnd) throw new ConstantError(`unexpected '${reader.next()}' in a constant expression`);
  return BigInt.asIntN(64, value);
}

class Reader {
  readonly #tokens: readonly CToken[];
  readonly #names: ConstantNames;
  #at = 0;

  constructor(tokens: readonly CToken[], names: ConstantNames) {
    this.#tokens = tokens;
    this.#names = names;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): string {
    return this.#tokens[this.#at]?.text ?? '';
  }

  ternary(): bigint {
    const condition = this.#binary(1);
    if (this.next() !== '?') return condition;
    this.#at++;
    const then = this.ternary();
    this.#expect(':');
    const otherwise = this.ternary();
    return condition !== 0n ? then : otherwise;
  }

  #binary(least: number): bigint {
    let left = this.#unary();
    for (;;) {
      const operator = this.next();
      const precedence = PRECEDENCE[operator];
      if (precedence === undefined || precedence < least) return left;
      this.#at++;
      left = BINARY[operator]!(left, this.#binary(precedence + 1));
    }
  }

  #unary(): bigint {
    const token = this.#tokens[this.#at++];
    if (!token) throw new ConstantError('expected a constant expression');
    const operator = token.kind === 'mark' ? UNARY[token.text] : undefined;
    if (operator) return operator(this.#unary());
    if (token.text === '(') {
      const value = this.ternary();
      this.#expect(')');
      return value;
    }
    if (token.kind === 'number') return numberValue(token.text);
    if (token.kind === 'char') return charValue(token.text);
    if (token.text === 'sizeof') return this.#sizeof();
    const value = token.kind === 'word' ? this.#names.value(token.text) : undefined;
    if (value === undefined) throw new ConstantError(`'${token.text}' is not a constant`);
    return value;
  }

  #sizeof(): bigint {
    this.#expect('(');
    const start = this.#at;
    for (let depth = 1; depth > 0 && !this.atEnd; this.#at++) {
      if (this.next() === '(') depth++;
      else if (this.next() === ')') depth--;
    }
    const size = this.#names.sizeOf(this.#tokens.slice(start, this.#at - 1));
    if (size === undefined) throw new ConstantError('the size of this type is not known here');
    return size;
  }

  #expect(mark: string): void {
    if (this.next() !== mark) throw new ConstantError(`expected '${mark}' in a constant expression`);
    this.#at++;
  }
}

function numberValue(text: string): bigint {
  const digits = /^0[xX][0-9a-fA-F]+|^[0-9]+/.exec(text)?.[0] ?? '';
  const result = /^[uUlL]*$/.test(text.slice(digits.length)) ? parseUnsigned(digits) : undefined;
  if (!result || 'error' in result) throw new ConstantError(`'${text}' is not an integer`);
  return result.value;
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '0': 0 };

function charValue(text: string): bigint {
  const inner = text.slice(1, -1);
  if (!inner.startsWith('\\')) return BigInt(inner.charCodeAt(0));
  const octal = /^\\([0-7]{1,3})$/.exec(inner);
  if (octal) return BigInt(Number.parseInt(octal[1]!, 8));
  const hex = /^\\x([0-9a-fA-F]+)$/.exec(inner);
  if (hex) return BigInt(Number.parseInt(hex[1]!, 16));
  return BigInt(ESCAPES[inner[1]!] ?? inner.charCodeAt(1));
}

function truth(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new ConstantError('division by zero in a constant expression');
  return value;
}
