/** Calculates what is known from the text alone: literal arithmetic, conditions, str() of literals, `comptime if`. */
import type { Diagnostics, Span } from '../diagnostics/index.ts';
import {
  type Binary,
  type Block,
  type Call,
  type Expression,
  type If,
  mapChildren,
  type Node,
  type Program,
  type RecordExpression,
  type Statement,
  type StringLiteral,
  type Tuple,
  type Unary,
} from '../syntax/index.ts';
import {
  compare,
  foldBooleans,
  foldIntegers,
  foldUnary,
  isComparison,
  isTrue,
  type Literal,
} from './fold-arithmetic.ts';

const OVERFLOW = 'unable to fold literals due to overflow or underflow';

export function foldLiterals(program: Program, diagnostics: Diagnostics): Program {
  const folder = new Folder(diagnostics);
  return {
    ...program,
    functions: program.functions.map((one) => folder.fold(one)),
    probes: program.probes.map((one) => folder.fold(one)),
  };
}

export function foldExpression(expression: Expression, diagnostics: Diagnostics): Expression {
  return new Folder(diagnostics).fold(expression);
}

class Folder {
  readonly #diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  fold<N extends Node>(node: N): N extends Expression ? Expression : N;
  fold(node: Node): Node {
    if (node.kind === 'if') return this.#if(node);
    if (node.kind === 'block') return valueOfBlock(this.#block(node));
    const folded = this.#inside(node);
    switch (folded.kind) {
      case 'unary':
        return this.#unary(folded);
      case 'binary':
        return this.#binary(folded);
      case 'call':
        return foldStr(folded) ?? folded;
      case 'comptime':
        return foldComptime(folded);
      case 'tuple-access':
        return (
          (isLiteral(folded.object) && folded.object.kind === 'tuple' && folded.object.items[folded.index]) || folded
        );
      case 'field':
        return foldField(folded) ?? folded;
      case 'index':
        return foldCharacter(folded) ?? folded;
      default:
        return folded;
    }
  }

  /** The bodies of probes, functions and loops stay blocks. */
  #inside<N extends Node>(node: N): N {
    const body = 'body' in node ? node.body : undefined;
    return mapChildren(node, (child) =>
      child === body && child.kind === 'block' ? this.#block(child) : this.fold(child),
    );
  }

  // Blocks

  #block(node: Block): Block {
    const statements = node.statements.flatMap((statement) => this.#statement(statement));
    const value = node.value && this.fold(node.value);
    const same = value === node.value && sameList(statements, node.statements);
    if (same) return node;
    const { value: _, ...rest } = node;
    return { ...rest, statements, ...(value && !isNothing(value) && { value }) };
  }

  /** Nothing is left of a `comptime if` that was not taken. */
  #statement(statement: Statement): Statement[] {
    const folded = this.fold(statement);
    if (folded.kind !== 'expression-statement') return [folded];
    const { expression } = folded;
    if (isNothing(expression)) return [];
    const only = expression.kind === 'block' && !expression.value ? expression.statements : [];
    const [inner] = only;
    if (only.length === 1 && inner?.kind === 'expression-statement') {
      return [{ ...folded, expression: inner.expression }];
    }
    return [folded];
  }

  // Conditions

  #if(node: If): Expression {
    const comptime = node.condition.kind === 'comptime';
    const condition = this.fold(node.condition);
    const literal = literalOf(condition);
    if (comptime && literal !== undefined) return this.#branch(node, condition, literal);
    const then = node.then === node.condition ? condition : this.#keepBlock(node.then);
    const otherwise = node.else && this.#keepBlock(node.else);
    if (literal === undefined) {
      const same = condition === node.condition && then === node.then && otherwise === node.else;
      return same ? node : { ...node, condition, then, ...(otherwise && { else: otherwise }) };
    }
    const [thenValue, elseValue] = [soleValue(then), otherwise && soleValue(otherwise)];
    if (thenValue && elseValue && isLiteral(thenValue) && isLiteral(elseValue)) {
      return isTrue(literal) ? thenValue : elseValue;
    }
    const known: Expression = { kind: 'boolean', span: condition.span, value: isTrue(literal) };
    const form = node.form === 'short' ? 'ternary' : node.form;
    return { ...node, form, condition: known, then, ...(otherwise && { else: otherwise }) };
  }

  /** Only the branch taken is looked at: what is wrong in the other does not matter. */
  #branch(node: If, condition: Expression, literal: Literal): Expression {
    if (isTrue(literal)) return node.then === node.condition ? condition : this.fold(node.then);
    return node.else ? this.fold(node.else) : { kind: 'block', span: node.span, statements: [] };
  }

  #keepBlock(node: Expression): Expression {
    return node.kind === 'block' ? this.#block(node) : this.fold(node);
  }

  // Operators

  #unary(node: Unary): Expression {
    const value = literalOf(node.operand);
    if (node.operator === '!' && value !== undefined && typeof value !== 'string') {
      return { kind: 'boolean', span: node.span, value: !isTrue(value) };
    }
    if (typeof value !== 'bigint' || (node.operator !== '-' && node.operator !== '~')) return node;
    if (node.operator === '-' && value === 0n) return node.operand;
    const folded = foldUnary(node.operator, value);
    if (folded !== undefined) return { kind: 'integer', span: node.span, value: folded };
    this.#diagnostics.error(node.span, 'negative value will underflow');
    return node;
  }

  #binary(node: Binary): Expression {
    const { left, right, operator, span } = node;
    if (left.kind === 'string' || right.kind === 'string') return this.#string(node) ?? node;
    const [a, b] = [literalOf(left), literalOf(right)];
    if (a === undefined || b === undefined) return foldEquality(node) ?? node;
    const isLogic = operator === '&&' || operator === '||';
    let value: bigint | boolean | undefined;
    if (typeof a === 'bigint' && typeof b === 'bigint') value = foldIntegers(operator, a, b);
    else if (typeof a === 'boolean' && typeof b === 'boolean') value = foldBooleans(operator, a, b);
    else if (isLogic) value = compare(operator, a, b);
    else return node;
    if (value !== undefined) return literal(span, value);
    const isByZero = (operator === '/' || operator === '%') && b === 0n;
    this.#diagnostics.error(span, OVERFLOW, isByZero ? { hints: ['it divides by zero'] } : {});
    return node;
  }

  /** A string and a string, an offset into a string, or logic. */
  #string(node: Binary): Expression | undefined {
    const { left, right, operator, span } = node;
    const [a, b] = [literalOf(left), literalOf(right)];
    if (a === undefined || b === undefined) return undefined;
    if (typeof a === 'string' && typeof b === 'string') {
      if (isComparison(operator)) return literal(span, compare(operator, a, b));
      if (operator === '+') return literal(span, a + b);
      this.#diagnostics.error(span, 'illegal literal operation with strings');
      return undefined;
    }
    const [text, other] = typeof a === 'string' ? [a, b] : [b as string, a];
    if (operator === '+' && typeof other === 'bigint' && other >= 0n) {
      if (other >= BigInt(text.length)) this.#diagnostics.warning(span, 'literal string will always be empty');
      return literal(span, text.slice(Number(other)));
    }
    const isLogic = operator === '&&' || operator === '||';
    return isLogic && typeof other === 'boolean' ? literal(span, compare(operator, a, b)) : undefined;
  }
}

// Literals

/** The value of an integer, boolean or string literal. */
export function literalOf(node: Expression): Literal | undefined {
  return node.kind === 'integer' || node.kind === 'boolean' || node.kind === 'string' ? node.value : undefined;
}

function literal(span: Span, value: Literal): Expression {
  if (typeof value === 'bigint') return { kind: 'integer', span, value };
  return typeof value === 'boolean' ? { kind: 'boolean', span, value } : { kind: 'string', span, value };
}

/** Tuples and records of literals are literals too. */
export function isLiteral(node: Expression): boolean {
  if (node.kind === 'tuple') return node.items.every(isLiteral);
  if (node.kind === 'record') return node.fields.every((field) => isLiteral(field.value));
  return literalOf(node) !== undefined;
}

// Blocks without statements

function isNothing(node: Expression): boolean {
  return node.kind === 'block' && node.statements.length === 0 && !node.value;
}

/** A block that only gives a literal or tuple is that. */
function valueOfBlock(block: Block): Expression {
  const value = soleValue(block);
  return value && (isLiteral(value) || value.kind === 'tuple') ? value : block;
}

function soleValue(node: Expression): Expression | undefined {
  if (node.kind !== 'block') return node;
  return node.statements.length === 0 ? node.value : undefined;
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

// Single rules

/** `==` and `!=` of tuples and of records, as far as their parts are literals. */
function foldEquality({ left, right, operator, span }: Binary): Expression | undefined {
  if (operator !== '==' && operator !== '!=') return undefined;
  let same: boolean | undefined;
  if (left.kind === 'tuple' && right.kind === 'tuple') same = sameTuples(left, right);
  else if (left.kind === 'record' && right.kind === 'record') same = sameRecords(left, right);
  return same === undefined ? undefined : literal(span, same === (operator === '=='));
}

/** Undefined: not known from the text. The first difference decides. */
function sameValues(left: Expression, right: Expression): boolean | undefined {
  if (!isLiteral(left) || !isLiteral(right)) return undefined;
  if (left.kind === 'tuple') return right.kind === 'tuple' && sameTuples(left, right);
  if (left.kind === 'record') return right.kind === 'record' && sameRecords(left, right);
  return literalOf(left) === literalOf(right);
}

function sameTuples(left: Tuple, right: Tuple): boolean | undefined {
  if (left.items.length !== right.items.length) return false;
  for (const [i, item] of left.items.entries()) {
    const same = sameValues(item, right.items[i]!);
    if (!same) return same;
  }
  return true;
}

function sameRecords(left: RecordExpression, right: RecordExpression): boolean | undefined {
  if (left.fields.length !== right.fields.length) return false;
  for (const { name, value } of left.fields) {
    const other = right.fields.find((field) => field.name === name);
    const same = other && sameValues(value, other.value);
    if (!same) return same;
  }
  return true;
}

/** str() of a literal, cut to its second argument. */
function foldStr(node: Call): StringLiteral | undefined {
  const [first, length] = node.arguments;
  if (node.name !== 'str' || !first || node.arguments.length > 2) return undefined;
  const value = literalOf(first);
  if (typeof value !== 'bigint' && typeof value !== 'string') return undefined;
  const text = String(value);
  if (!length) return { kind: 'string', span: node.span, value: text };
  if (length.kind !== 'integer' || length.value < 0n) return undefined;
  return { kind: 'string', span: node.span, value: text.slice(0, Number(length.value)) };
}

function foldComptime(node: Extract<Node, { kind: 'comptime' }>): Expression {
  const { expression } = node;
  return isLiteral(expression) || expression.kind === 'comptime' ? expression : node;
}

function foldField(node: Extract<Node, { kind: 'field' }>): Expression | undefined {
  const { object } = node;
  if (object.kind !== 'record' || !isLiteral(object)) return undefined;
  return object.fields.find((field) => field.name === node.name)?.value;
}

/** A character of a literal; the one after the last is 0. */
function foldCharacter(node: Extract<Node, { kind: 'index' }>): Expression | undefined {
  const { object, index } = node;
  if (object.kind !== 'string' || index.kind !== 'integer') return undefined;
  if (index.value < 0n || index.value > BigInt(object.value.length)) return undefined;
  const byte = object.value.charCodeAt(Number(index.value)) || 0;
  // Characters are signed: bytes above 127 are negative, here as unsigned 64 bits.
  return literal(node.span, BigInt.asUintN(64, BigInt.asIntN(8, BigInt(byte))));
}
