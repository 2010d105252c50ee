/** The grammar of expressions: precedence climbing over unary, postfix and primary rules. */
import type {
  AssignTarget,
  BinaryOperator,
  Block,
  Call,
  Expression,
  If,
  MapAccess,
  MapReference,
  PositionalParameter,
  RecordExpression,
  RecordField,
  UnaryOperator,
  Variable,
} from './ast.ts';
import { type Cursor, isDigit, isWordStart } from './cursor.ts';
import { suffixOf } from './integers.ts';
import { isTag, parseAnnotation, parseParenthesized, parseType } from './types.ts';
import { isBuiltinWord } from './words.ts';

const MOST_POSITIONAL = 2n ** 63n - 1n;

/** expression = binary ('?' expression? ':' expression)? */
export function parseExpression(cursor: Cursor): Expression {
  return continueTernary(cursor, parseBinary(cursor, 0));
}

/** The rest of an expression of which `left`, a variable or map, was read already. */
export function continueExpression(cursor: Cursor, left: Expression): Expression {
  return continueTernary(cursor, continueBinary(cursor, 0, left));
}

function continueTernary(cursor: Cursor, condition: Expression): Expression {
  const end = cursor.pos;
  if (!cursor.take('?')) {
    cursor.pos = end;
    return condition;
  }
  const short = cursor.take(':');
  const then = short ? condition : parseExpression(cursor);
  if (!short) cursor.expect(':');
  const otherwise = parseExpression(cursor);
  const span = cursor.span(condition.span.start);
  return { kind: 'if', span, form: short ? 'short' : 'ternary', condition, then, else: otherwise };
}

// Binary operators

/** Longest first where one starts another. */
const PRECEDENCE: readonly (readonly [BinaryOperator, number])[] = [
  ['||', 1],
  ['&&', 2],
  ['==', 6],
  ['!=', 6],
  ['<=', 7],
  ['>=', 7],
  ['<<', 8],
  ['>>', 8],
  ['|', 3],
  ['^', 4],
  ['&', 5],
  ['<', 7],
  ['>', 7],
  ['+', 9],
  ['-', 9],
  ['*', 10],
  ['/', 10],
  ['%', 10],
];
const OPERATOR_START = /[|&=!<>^+\-*/%]/;
/** What starts like an operator but is none: compound assignments, ++ and --. */
const NOT_AN_OPERATOR = /(?:<<|>>|[-+*/%&|^])=|\+\+|--/y;

/** 1 (||) to 10 (*): the higher, the tighter. */
export function precedenceOf(operator: BinaryOperator): number {
  return PRECEDENCE.find(([candidate]) => candidate === operator)![1];
}

function peekOperator(cursor: Cursor): readonly [BinaryOperator, number] | undefined {
  if (!OPERATOR_START.test(cursor.peek())) return undefined;
  NOT_AN_OPERATOR.lastIndex = cursor.pos;
  if (NOT_AN_OPERATOR.test(cursor.text)) return undefined;
  const found = PRECEDENCE.find(([operator]) => cursor.startsWith(operator));
  // A slash before the probe's body closes the predicate.
  if (found?.[0] === '/' && cursor.text[cursor.layoutEnd(cursor.pos + 1)] === '{') return undefined;
  return found;
}

function parseBinary(cursor: Cursor, least: number): Expression {
  return continueBinary(cursor, least, parseUnary(cursor));
}

function continueBinary(cursor: Cursor, least: number, left: Expression): Expression {
  for (;;) {
    const end = cursor.pos;
    cursor.skipLayout();
    const found = peekOperator(cursor);
    if (!found || found[1] < least) {
      cursor.pos = end;
      return left;
    }
    const [operator, precedence] = found;
    cursor.pos += operator.length;
    const right = parseBinary(cursor, precedence + 1);
    left = { kind: 'binary', span: cursor.span(left.span.start), operator, left, right };
  }
}

// Unary and postfix operators

const UNARY: ReadonlySet<string> = new Set(['*', '-', '!', '~']);

/** unary = ('++' | '--' | '&' | '*' | '-' | '!' | '~') unary | postfix */
export function parseUnary(cursor: Cursor): Expression {
  cursor.skipLayout();
  const start = cursor.pos;
  if (cursor.startsWith('++') || cursor.startsWith('--')) return parsePrefixIncrement(cursor);
  if (cursor.peek() === '&') return parseAddressOf(cursor);
  const operator = cursor.peek();
  if (!isUnaryOperator(operator) || cursor.startsWith('!=')) return continuePostfix(cursor, parsePrimary(cursor));
  cursor.pos++;
  const operand = parseUnary(cursor);
  return { kind: 'unary', span: cursor.span(start), operator, operand };
}

function isUnaryOperator(char: string): char is UnaryOperator {
  return UNARY.has(char);
}

const NOT_INCREMENTABLE = 'increment/decrement requires a variable or map';

function parsePrefixIncrement(cursor: Cursor): Expression {
  const start = cursor.pos;
  const operator = cursor.peek() === '+' ? '++' : '--';
  cursor.pos += operator.length;
  const target = parseUnary(cursor);
  if (!isIncrementable(target)) {
    cursor.error(NOT_INCREMENTABLE, target.span);
    return target;
  }
  return { kind: 'increment', span: cursor.span(start), operator, prefix: true, target };
}

/** '&' (variable | map) ('[' expression ']' | '.' word)*: of a map's value and of a field too. */
function parseAddressOf(cursor: Cursor): Expression {
  const start = cursor.pos++;
  cursor.skipLayout();
  const sigil = cursor.peek();
  if (sigil !== '$' && sigil !== '@') {
    cursor.error('address-of operator (&) can only be used on a map or variable');
    return parseUnary(cursor);
  }
  const root = sigil === '$' ? parseVariable(cursor) : parseMap(cursor);
  const of = continuePostfix(cursor, root);
  if (!isPlace(of) && !isField(of)) {
    cursor.error('address-of operator (&) can only be used on a map or variable', of.span);
    return of;
  }
  return { kind: 'address-of', span: cursor.span(start), of };
}

/** postfix = primary ('.' (word | integer) | '->' word | '[' expression ']' | '++' | '--')* */
export function continuePostfix(cursor: Cursor, expression: Expression): Expression {
  for (;;) {
    const end = cursor.pos;
    cursor.skipLayout();
    const next = continueOnce(cursor, expression);
    if (!next) {
      if (!cursor.failed) cursor.pos = end;
      return expression;
    }
    expression = next;
  }
}

function continueOnce(cursor: Cursor, object: Expression): Expression | undefined {
  if (cursor.peek() === '.' && cursor.peek(1) !== '.') return continueField(cursor, object, '.');
  if (cursor.startsWith('->')) return continueField(cursor, object, '->');
  if (cursor.startsWith('++') || cursor.startsWith('--')) {
    // After a block this begins the next statement.
    return object.kind === 'block' || object.kind === 'if' ? undefined : continueIncrement(cursor, object);
  }
  if (cursor.peek() !== '[') return undefined;
  cursor.pos++;
  const index = parseExpression(cursor);
  cursor.expect(']');
  return { kind: 'index', span: cursor.span(object.span.start), object, index };
}

function continueField(cursor: Cursor, object: Expression, operator: '.' | '->'): Expression | undefined {
  cursor.pos += operator.length;
  cursor.skipLayout();
  const start = cursor.pos;
  if (operator === '.' && isDigit(cursor.peek())) {
    const { result } = cursor.integer();
    const index = 'value' in result ? Number(result.value) : 0;
    return { kind: 'tuple-access', span: cursor.span(object.span.start), object, index };
  }
  const name = cursor.word(`expected field name after '${operator}'`);
  if (name === undefined) return undefined;
  const nameSpan = cursor.span(start);
  return { kind: 'field', span: cursor.span(object.span.start), object, name, nameSpan, arrow: operator === '->' };
}

function continueIncrement(cursor: Cursor, target: Expression): Expression | undefined {
  const start = cursor.pos;
  const operator = cursor.peek() === '+' ? '++' : '--';
  cursor.pos += operator.length;
  if (isIncrementable(target)) {
    return { kind: 'increment', span: cursor.span(target.span.start), operator, prefix: false, target };
  }
  cursor.error(NOT_INCREMENTABLE, cursor.span(start));
  return undefined;
}

function isIncrementable(expression: Expression): expression is AssignTarget {
  return isPlace(expression) || isField(expression);
}

/** What an assignment can name: a variable, a map, one value of a map. */
export function isPlace(expression: Expression): expression is Variable | MapReference | MapAccess {
  return expression.kind === 'variable' || expression.kind === 'map' || expression.kind === 'map-access';
}

/**
 * Inside a map's record: `@q[k].calls`, `@q[k].hist[i]`, and through a pointer to one: `$q->calls`. Whether the map
 * holds such records, and whether the pointer points into one, is for the types to say.
 */
export function isField(expression: Expression): expression is AssignTarget {
  let fields = 0;
  while (expression.kind === 'field' || expression.kind === 'index') {
    if (expression.kind === 'field') fields++;
    expression = expression.object;
  }
  return fields > 0 && isPlace(expression);
}

// Primary expressions

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
    const expression = parseUnary(cursor);
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
    const value = cursor.string();
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
    do list.push(parseExpression(cursor));
    while (cursor.take(','));
  }
  cursor.expect(')');
  return { kind: 'call', span: cursor.span(start), name, nameSpan, arguments: list };
}

/** condition = '(' expression ')' | unary ; so that neither a record nor the body's brace is taken for part of it. */
export function parseCondition(cursor: Cursor): Expression {
  if (!cursor.take('(')) return parseUnary(cursor);
  const condition = parseExpression(cursor);
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
  const of = (isTag(cursor.peekWord()) ? parseType(cursor) : parseExpression(cursor)) ?? cursor.missing();
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
  const keys = [parseExpression(cursor)];
  while (cursor.take(',')) keys.push(parseExpression(cursor));
  cursor.expect(']');
  const span = cursor.span(start);
  const key: Expression = keys.length === 1 ? keys[0]! : { kind: 'tuple', span, items: keys };
  return { kind: 'map-access', span, map, key };
}

function parseMapReference(cursor: Cursor): MapReference {
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
  const { text, result } = cursor.integer();
  const span = cursor.span(start);
  if ('error' in result) {
    cursor.error(result.error, span);
    return { kind: 'integer', span, value: 0n, text };
  }
  const suffix = suffixOf(text);
  return { kind: 'integer', span, value: result.value, text, ...(suffix && { suffix }) };
}

// Parentheses

/** '(' ')' | record | cast | tuple | '(' expression ')' */
function parseParenthesis(cursor: Cursor): Expression {
  const start = cursor.pos;
  cursor.pos++;
  if (cursor.take(')')) return { kind: 'tuple', span: cursor.span(start), items: [] };
  return tryRecord(cursor, start) ?? tryCast(cursor, start) ?? parseTupleOrGroup(cursor, start);
}

/** record = '(' field (',' field)* ')' ; field = word '=' expression */
function tryRecord(cursor: Cursor, start: number): RecordExpression | undefined {
  if (!looksLikeRecord(cursor)) return undefined;
  const fields: RecordField[] = [];
  const seen = new Set<string>();
  do {
    const field = parseRecordField(cursor, seen);
    if (!field) {
      cursor.pos = (cursor.balancedEnd(start, '(', ')') ?? cursor.text.length + 1) - 1;
      break;
    }
    fields.push(field);
  } while (cursor.take(','));
  cursor.expect(')');
  return { kind: 'record', span: cursor.span(start), fields };
}

function looksLikeRecord(cursor: Cursor): boolean {
  if (!isWordStart(cursor.peek()) || isBuiltinWord(cursor.peekWord())) return false;
  const after = cursor.layoutEnd(cursor.wordEnd(cursor.pos));
  return cursor.text[after] === '=' && cursor.text[after + 1] !== '=';
}

function parseRecordField(cursor: Cursor, seen: Set<string>): RecordField | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  const name = cursor.word('expected identifier');
  if (name === undefined) return undefined;
  cursor.expect('=');
  const value = parseExpression(cursor);
  const span = cursor.span(start);
  if (seen.has(name)) cursor.error(`Named argument list already contains name: ${name}`, span);
  seen.add(name);
  return { kind: 'record-field', span, name, value };
}

const EXPRESSION_START = /[0-9A-Za-z_$@"(\-!~*&]/;

/** cast = '(' type ')' unary ; only where an expression follows. */
function tryCast(cursor: Cursor, start: number): Expression | undefined {
  const inside = cursor.pos;
  if (!isWordStart(cursor.peek()) || isBuiltinWord(cursor.peekWord())) return undefined;
  const type = parseAnnotation(cursor, true);
  if (!type || !cursor.take(')')) {
    if (!cursor.failed) cursor.pos = inside;
    return undefined;
  }
  cursor.skipLayout();
  if (!EXPRESSION_START.test(cursor.peek())) {
    cursor.pos = inside;
    return undefined;
  }
  const span = cursor.span(start);
  const value = parseUnary(cursor);
  return { kind: 'cast', span, type, value };
}

/** tuple = '(' expression ',' (expression (',' expression)* ','?)? ')' */
function parseTupleOrGroup(cursor: Cursor, start: number): Expression {
  const first = parseExpression(cursor);
  if (!cursor.take(',')) {
    cursor.expect(')');
    return first;
  }
  const items = [first];
  cursor.skipLayout();
  while (cursor.peek() !== ')') {
    items.push(parseExpression(cursor));
    if (!cursor.take(',')) break;
    cursor.skipLayout();
  }
  cursor.expect(')');
  return { kind: 'tuple', span: cursor.span(start), items };
}
