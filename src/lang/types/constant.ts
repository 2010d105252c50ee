/** Values known when compiling: for `comptime if`, unroll counts, and arguments that must be literals. */
import type { Binary, Expression, Typeinfo } from '../syntax/ast.ts';
import { sizeOfType } from './layout.ts';
import { typeName } from './type.ts';
import { typeOfOperand } from './type-expressions.ts';
import { findField } from './type-space.ts';
import type { Constant, Typing } from './typing.ts';

/** undefined: not known (yet). */
export function constantOf(node: Expression, t: Typing): Constant | undefined {
  switch (node.kind) {
    case 'integer':
    case 'boolean':
    case 'string':
      return node.value;
    case 'comptime':
      return constantOf(node.expression, t);
    case 'identifier':
      return named(node.name, t);
    case 'builtin':
      return t.script.library.builtin(node.name)?.constant?.(t);
    case 'call':
      return t.script.library.function(node.name)?.constant?.(node, t);
    case 'sizeof': {
      const type = typeOfOperand(node.of, t);
      return type && BigInt(sizeOfType(type));
    }
    case 'offsetof':
      return offsetOf(node.of, node.path, t);
    case 'field':
      return node.object.kind === 'typeinfo' ? infoOf(node.object, node.name, t) : undefined;
    case 'unary':
      return unary(node.operator, constantOf(node.operand, t));
    case 'binary':
      return binary(node, t);
    case 'if': {
      const condition = constantOf(node.condition, t);
      if (condition === undefined) return undefined;
      const taken = truthy(condition) ? node.then : node.else;
      return taken && constantOf(taken, t);
    }
    case 'block':
      return node.statements.length === 0 && node.value ? constantOf(node.value, t) : undefined;
    default:
      return undefined;
  }
}

function named(name: string, t: Typing): Constant | undefined {
  const define = t.script.defines.get(name);
  if (define !== undefined) return define;
  const builtin = t.script.library.builtin(name);
  return builtin ? builtin.constant?.(t) : t.space.constant(name)?.value;
}

export const truthy = (value: Constant): boolean => value !== 0n && value !== false && value !== '';

function unary(operator: string, value: Constant | undefined): Constant | undefined {
  if (value === undefined) return undefined;
  if (operator === '!') return !truthy(value);
  if (typeof value !== 'bigint') return undefined;
  return operator === '-' ? -value : operator === '~' ? ~value : undefined;
}

const asInteger = (value: Constant): bigint | undefined =>
  typeof value === 'bigint' ? value : typeof value === 'boolean' ? BigInt(value) : undefined;

function binary(node: Binary, t: Typing): Constant | undefined {
  if (node.left.kind === 'typeinfo' && node.right.kind === 'typeinfo') return sameInfo(node, node.left, node.right, t);
  const left = constantOf(node.left, t);
  if (left === undefined) return undefined;
  if (node.operator === '&&' && !truthy(left)) return false;
  if (node.operator === '||' && truthy(left)) return true;
  const right = constantOf(node.right, t);
  if (right === undefined) return undefined;
  if (node.operator === '&&' || node.operator === '||') return truthy(right);
  if (typeof left === 'string' || typeof right === 'string') {
    return node.operator === '==' ? left === right : node.operator === '!=' ? left !== right : undefined;
  }
  return integers(node.operator, asInteger(left)!, asInteger(right)!);
}

function integers(operator: string, a: bigint, b: bigint): Constant | undefined {
  if ((operator === '/' || operator === '%') && b === 0n) return undefined;
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return BigInt.asIntN(64, a << b);
    case '>>':
      return a >> b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      return undefined;
  }
}

function sameInfo({ operator }: Binary, left: Typeinfo, right: Typeinfo, t: Typing): boolean | undefined {
  const [a, b] = [left, right].map(({ of }) => typeOfOperand(of, t));
  if (!a || !b) return undefined;
  // Texts are of one type whatever room they have.
  const isSame = a.kind === 'string' || typeName(a) === typeName(b) ? a.kind === b.kind : false;
  return operator === '==' ? isSame : operator === '!=' ? !isSame : undefined;
}

export function infoOf(node: Typeinfo, field: string, t: Typing): Constant | undefined {
  const type = typeOfOperand(node.of, t);
  if (type === undefined) return undefined;
  if (field === 'full_type') return typeName(type);
  if (field === 'base_type') return baseName(typeName(type), type.kind);
  return field === 'btf_id' ? 0n : undefined;
}

const BASE_NAMES: Readonly<Record<string, string>> = { struct: 'c_type', enum: 'int', stack: 'stack' };

function baseName(full: string, kind: string): string {
  if (kind === 'stack') return full.startsWith('k') ? 'kstack' : 'ustack';
  const plain = BASE_NAMES[kind] ?? kind;
  return /_t$/.test(full) && !/^u?int/.test(full) ? full.replace(/^u(?=(?:sum|min|max|avg|stats)_t)/, '') : plain;
}

function offsetOf(of: Parameters<typeof typeOfOperand>[0], path: readonly string[], t: Typing): Constant | undefined {
  let type = typeOfOperand(of, t);
  let offset = 0;
  for (const name of path) {
    const field = type?.kind === 'struct' ? findField(type, name) : undefined;
    if (field === undefined) return undefined;
    offset += field.offset;
    type = field.type;
  }
  return BigInt(offset);
}
