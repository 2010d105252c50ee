/** The grammar of expressions: conditionals, binary operators by precedence, unary and postfix operators. */
import type { AssignTarget, Expression, MapAccess, MapReference, UnaryOperator, Variable } from './ast.ts';
import { type Cursor, isDigit } from './cursor.ts';
import { readInteger } from './literals.ts';
import { peekOperator } from './operators.ts';
import { parseMap, parsePrimary, parseVariable } from './primary.ts';

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
    const { result } = readInteger(cursor);
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
