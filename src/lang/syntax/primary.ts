/** The grammar of primary expressions: literals, names, calls, maps, variables, if, sizeof and its kin. */
import type { Block, Call, Expression, If, MapAccess, MapReference, PositionalParameter, Variable } from './ast.ts';
import { type Cursor, isDigit, isWordStart } from './cursor.ts';
import { suffixOf } from './integers.ts';
import { readInteger, readString } from './literals.ts';
import { parseParenthesis } from './parentheses.ts';
import { isTag, parseParenthesized, parseType } from './types.ts';
import { isBuiltinWord } from './words.ts';

const MOST_POSITIONAL = 2n ** 63n - 1n;

type PrimaryRule = (cursor: Cursor, start: number) => Expression;

const WORD_RULES: Readonly<Record<string, PrimaryRule>> = {
  if: parseIf,
  sizeof: (cursor, start) => {
    const of = parseParenthesized(cursor);
    return { kind: 'sizeof', span: cursor.span(start), of };
  },
  typeinfo: (cursor, start) => {
    const of = parseParenthesized(cursor);
    return { kind: 'typeinfo', span: cursor.span(start), of };
  },
  offsetof: parseOffsetof,
  comptime: (cursor, start) => {
    const expression = cursor.rules.unary(cursor);
    return { kind: 'comptime', span: cursor.span(start), expression };
  },
  true: (cursor, start) => ({ kind: 'boolean', span: cursor.span(start), value: true }),
  false: (cursor, start) => ({ kind: 'boolean', span: cursor.span(start), value: false }),
};

export function parsePrimary(cursor: Cursor): Expression {
  cursor.skipLayout();
  const start = cursor.pos;
  const char = cursor.peek();
  if (char === '(') return parseParenthesis(cursor);
  if (char === '{') return cursor.rules.block(cursor, true) ?? cursor.missing();
  if (isWordStart(char)) return parseWord(cursor);
  if (char === '@') return parseMap(cursor);
  if (char === '$') return parseDollar(cursor);
  if (isDigit(char)) return parseInteger(cursor);
  if (char === '"') {
    const value = readString(cursor);
    return { kind: 'string', span: cursor.span(start), value };
  }
  cursor.error('expected expression');
  return cursor.missing();
}

function parseWord(cursor: Cursor): Expression {
  const start = cursor.pos;
  const name = cursor.word()!;
  const rule = Object.hasOwn(WORD_RULES, name) ? WORD_RULES[name] : undefined;
  if (rule) return rule(cursor, start);
  const nameSpan = cursor.span(start);
  cursor.skipLayout();
  if (cursor.peek() === '(') return parseCall(cursor, name, start);
  return { kind: isBuiltinWord(name) ? 'builtin' : 'identifier', span: nameSpan, name };
}

/** call = word '(' (expression (',' expression)*)? ')' */
function parseCall(cursor: Cursor, name: string, start: number): Call {
  const nameSpan = cursor.span(start, start + name.length);
  cursor.expect('(');
  cursor.skipLayout();
  const list: Expression[] = [];
  if (cursor.peek() !== ')') {
    do list.push(cursor.rules.expression(cursor));
    while (cursor.take(','));
  }
  cursor.expect(')');
  return { kind: 'call', span: cursor.span(start), name, nameSpan, arguments: list };
}

/** condition = '(' expression ')' | unary ; so that neither a record nor the body's brace is taken for part of it. */
export function parseCondition(cursor: Cursor): Expression {
  if (!cursor.take('(')) return cursor.rules.unary(cursor);
  const condition = cursor.rules.expression(cursor);
  cursor.expect(')');
  return condition;
}

/** if = 'if' condition block ('else' (block | if))? */
function parseIf(cursor: Cursor, start: number): If {
  const condition = parseCondition(cursor);
  const then = cursor.rules.block(cursor, true) ?? cursor.missing();
  const otherwise = parseElse(cursor);
  const span = cursor.span(start);
  return { kind: 'if', span, form: 'if', condition, then, ...(otherwise && { else: otherwise }) };
}

function parseElse(cursor: Cursor): Block | Expression | undefined {
  cursor.skipLayout();
  if (!cursor.takeWord('else')) return undefined;
  cursor.skipLayout();
  if (cursor.peek() === '{') return cursor.rules.block(cursor, true) ?? cursor.missing();
  if (cursor.nextIsWord('if')) return parseWord(cursor);
  cursor.error("expected '{' or 'if' after 'else'");
  return undefined;
}

/** offsetof = 'offsetof' '(' (type | expression) ',' word ('.' word)* ')' */
function parseOffsetof(cursor: Cursor, start: number): Expression {
  cursor.expect('(');
  cursor.skipLayout();
  const of = (isTag(cursor.peekWord()) ? parseType(cursor) : cursor.rules.expression(cursor)) ?? cursor.missing();
  cursor.expect(',');
  const path: string[] = [];
  do path.push(cursor.word() ?? '');
  while (cursor.take('.'));
  cursor.expect(')');
  return { kind: 'offsetof', span: cursor.span(start), of, path };
}

/** map = '@' word? ('[' expression (',' expression)* ']')? */
export function parseMap(cursor: Cursor): MapReference | MapAccess {
  const start = cursor.pos;
  const map = parseMapReference(cursor);
  if (!cursor.take('[')) return map;
  const keys = [cursor.rules.expression(cursor)];
  while (cursor.take(',')) keys.push(cursor.rules.expression(cursor));
  cursor.expect(']');
  const span = cursor.span(start);
  const key: Expression = keys.length === 1 ? keys[0]! : { kind: 'tuple', span, items: keys };
  return { kind: 'map-access', span, map, key };
}

export function parseMapReference(cursor: Cursor): MapReference {
  const start = cursor.pos;
  const name = cursor.mapName();
  return { kind: 'map', span: cursor.span(start), name };
}

export function parseVariable(cursor: Cursor): Variable {
  const start = cursor.pos;
  const name = cursor.variableName();
  return { kind: 'variable', span: cursor.span(start), name };
}

/** '$#' | '$' digits | variable */
function parseDollar(cursor: Cursor): Expression {
  const start = cursor.pos;
  if (cursor.peek(1) === '#') {
    cursor.pos += 2;
    return { kind: 'positional-count', span: cursor.span(start) };
  }
  return isDigit(cursor.peek(1)) ? parsePositional(cursor) : parseVariable(cursor);
}

function parsePositional(cursor: Cursor): PositionalParameter {
  const start = cursor.pos++;
  while (isDigit(cursor.peek())) cursor.pos++;
  const digits = cursor.text.slice(start + 1, cursor.pos);
  const span = cursor.span(start);
  const index = BigInt(digits);
  if (index < 1n || index > MOST_POSITIONAL) {
    cursor.error(`param $${digits} is out of integer range [1, ${MOST_POSITIONAL}]`, span);
  }
  return { kind: 'positional-parameter', span, index: Number(index) };
}

function parseInteger(cursor: Cursor): Expression {
  const start = cursor.pos;
  const { text, result } = readInteger(cursor);
  const span = cursor.span(start);
  if ('error' in result) {
    cursor.error(result.error, span);
    return { kind: 'integer', span, value: 0n, text };
  }
  const suffix = suffixOf(text);
  return { kind: 'integer', span, value: result.value, text, ...(suffix && { suffix }) };
}
