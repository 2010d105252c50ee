/** The grammar of blocks and the statements in them. */
import type {
  Assign,
  AssignTarget,
  Block,
  CompoundOperator,
  Expression,
  For,
  Import,
  Let,
  Range,
  Statement,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { continueExpression, continuePostfix, isField, isPlace, parseExpression } from './expressions.ts';
import { readString } from './literals.ts';
import { parseCondition, parseMap, parsePrimary, parseVariable } from './primary.ts';
import { parseAnnotation } from './types.ts';

/** What a rule for one part of a block found: a statement, or the block's value. */
type Part = { readonly statement: Statement } | { readonly value: Expression } | undefined;

/** block = '{' statement* expression? '}' */
export function parseBlock(cursor: Cursor, valueAllowed: boolean): Block | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  if (!cursor.expect('{')) return undefined;
  const statements: Statement[] = [];
  let value: Expression | undefined;
  cursor.skipLayout();
  while (cursor.peek() !== '}' && !cursor.atEnd && !cursor.failed) {
    const before = cursor.pos;
    const part = parsePart(cursor);
    if (part && 'value' in part) value = part.value;
    else if (part) statements.push(part.statement);
    if (cursor.pos === before) {
      cursor.error('unexpected input in block');
      cursor.pos++;
    }
    cursor.skipLayout();
  }
  if (cursor.failed || !cursor.expect('}')) return undefined;
  return finishBlock({ kind: 'block', span: cursor.span(start), statements, ...(value && { value }) }, valueAllowed);
}

/** Where a block's value has no use it is one more statement; so are the values of the blocks inside it. */
function finishBlock(block: Block, valueAllowed: boolean): Block {
  if (valueAllowed || !block.value) return block;
  const { value, ...rest } = block;
  const last: Statement = { kind: 'expression-statement', span: value.span, expression: withoutValue(value) };
  return { ...rest, statements: [...block.statements, last] };
}

function withoutValue(expression: Expression): Expression {
  if (expression.kind === 'if') {
    const { then, else: otherwise } = expression;
    return { ...expression, then: withoutValue(then), ...(otherwise && { else: withoutValue(otherwise) }) };
  }
  if (expression.kind !== 'block') return expression;
  return finishBlock({ ...expression, statements: expression.statements.map(statementWithoutValue) }, false);
}

function statementWithoutValue(statement: Statement): Statement {
  if (statement.kind !== 'expression-statement') return statement;
  return { ...statement, expression: withoutValue(statement.expression) };
}

type StatementRule = (cursor: Cursor, start: number) => Statement | undefined;

const KEYWORD_RULES: Readonly<Record<string, StatementRule>> = {
  import: parseImport,
  while: parseWhile,
  unroll: parseUnroll,
  for: parseFor,
  break: (cursor, start) => parseJump(cursor, start, 'break'),
  continue: (cursor, start) => parseJump(cursor, start, 'continue'),
  return: parseReturn,
  let: parseLet,
};

function parsePart(cursor: Cursor): Part {
  const start = cursor.pos;
  const word = cursor.peekWord();
  const rule = Object.hasOwn(KEYWORD_RULES, word) ? KEYWORD_RULES[word] : undefined;
  if (rule) {
    cursor.pos += word.length;
    const statement = rule(cursor, start);
    return statement && { statement };
  }
  if (isDiscard(cursor, word)) return { statement: parseDiscard(cursor) };
  const sigil = cursor.peek();
  if (sigil === '@' || (sigil === '$' && !/[0-9#]/.test(cursor.peek(1)))) return parseSigiled(cursor, sigil);
  return finishExpression(cursor, start, parseExpression(cursor));
}

/** An expression with its semicolon is a statement; one before the closing brace is the block's value. */
function finishExpression(cursor: Cursor, start: number, expression: Expression): Part {
  const end = cursor.pos;
  if (cursor.take(';')) return { statement: { kind: 'expression-statement', span: cursor.span(start), expression } };
  if (cursor.peek() === '}') return { value: expression };
  const endsWithBlock = expression.kind === 'block' || (expression.kind === 'if' && expression.form === 'if');
  if (!endsWithBlock) cursor.error("expected ';'");
  return { statement: { kind: 'expression-statement', span: cursor.span(start, end), expression } };
}

function expectEnd(cursor: Cursor): void {
  cursor.skipLayout();
  if (cursor.peek() !== '}') cursor.expect(';');
}

// Assignments

/** target ('=' | operator '=') expression, or an expression that starts with a variable or map. */
function parseSigiled(cursor: Cursor, sigil: '$' | '@'): Part {
  const start = cursor.pos;
  const place = sigil === '$' ? parseVariable(cursor) : parseMap(cursor);
  if (cursor.failed) return undefined;
  const assigned = tryAssign(cursor, start, place);
  if (assigned) return assigned;
  const expression = continuePostfix(cursor, place);
  if (expression !== place) {
    const inside = tryAssign(cursor, start, expression);
    if (inside) return inside;
  }
  return finishExpression(cursor, start, continueExpression(cursor, expression));
}

function tryAssign(cursor: Cursor, start: number, target: Expression): Part {
  const end = cursor.pos;
  cursor.skipLayout();
  const operationStart = cursor.pos;
  const operator = takeAssignment(cursor, isPlace(target) || isField(target));
  if (operator === undefined) {
    cursor.pos = end;
    return undefined;
  }
  const value = parseExpression(cursor);
  const span = cursor.span(start);
  const operationSpan = cursor.span(operationStart);
  if (!checkTarget(cursor, target, span)) return undefined;
  expectEnd(cursor);
  const statement: Assign = { kind: 'assign', span, target, value, ...(operator && { operator, operationSpan }) };
  return { statement };
}

/** The operator of `+=` and the like, '' for `=`; undefined when no assignment follows. */
function takeAssignment(cursor: Cursor, compound: boolean): CompoundOperator | '' | undefined {
  const found = /(<<|>>|[-+*/%&|^]|)=(?!=)/y;
  found.lastIndex = cursor.pos;
  const match = found.exec(cursor.text);
  if (!match || (match[1] !== '' && !compound)) return undefined;
  cursor.pos += match[0].length;
  return match[1] as CompoundOperator | '';
}

function checkTarget(cursor: Cursor, target: Expression, span: Assign['span']): target is AssignTarget {
  const immutable = target.kind === 'tuple-access' || target.kind === 'field';
  if (isPlace(target) || isField(target)) return true;
  const message = immutable
    ? 'Tuples and records are immutable once created. Consider creating a new value and assigning it instead.'
    : 'invalid assignment target';
  cursor.error(message, span);
  return false;
}

/** '_' '=' expression */
function parseDiscard(cursor: Cursor): Statement {
  const start = cursor.pos++;
  cursor.take('=');
  const value = parseExpression(cursor);
  const span = cursor.span(start);
  expectEnd(cursor);
  return { kind: 'discard', span, value };
}

function isDiscard(cursor: Cursor, word: string): boolean {
  if (word !== '_') return false;
  const after = cursor.layoutEnd(cursor.pos + 1);
  return cursor.text[after] === '=' && cursor.text[after + 1] !== '=';
}

/** let = 'let' variable (':' type)? ('=' expression)? */
function parseLet(cursor: Cursor, start: number): Let | undefined {
  cursor.skipLayout();
  if (cursor.peek() !== '$') {
    cursor.error("expected variable after 'let'");
    return undefined;
  }
  const variable = parseVariable(cursor);
  const declarationSpan = cursor.span(start);
  const type = cursor.take(':') ? parseAnnotation(cursor) : undefined;
  const value = cursor.take('=') ? parseExpression(cursor) : undefined;
  const span = value ? cursor.span(start) : declarationSpan;
  expectEnd(cursor);
  return { kind: 'let', span, declarationSpan, variable, ...(type && { type }), ...(value && { value }) };
}

// Loops and jumps

function parseWhile(cursor: Cursor, start: number): Statement | undefined {
  const condition = parseCondition(cursor);
  const body = parseBlock(cursor, false);
  return body && { kind: 'while', span: cursor.span(start), condition, body };
}

function parseUnroll(cursor: Cursor, start: number): Statement | undefined {
  const count = parseCondition(cursor);
  const body = parseBlock(cursor, false);
  return body && { kind: 'unroll', span: cursor.span(start), count, body };
}

/** for = 'for' '('? variable ':' (map | primary '..' primary) ')'? block */
function parseFor(cursor: Cursor, start: number): For | undefined {
  const parenthesis = cursor.take('(');
  cursor.skipLayout();
  if (cursor.peek() !== '$') {
    cursor.error('expected variable in for loop');
    return abandonLoop(cursor);
  }
  const variable = parseVariable(cursor);
  if (!cursor.expect(':')) return abandonLoop(cursor);
  const over = parseIterable(cursor, start);
  if (parenthesis && !cursor.expect(')')) return abandonLoop(cursor);
  if (over.kind !== 'map' && over.kind !== 'range') {
    cursor.error('expected map or range in for loop');
    return abandonLoop(cursor);
  }
  const body = parseBlock(cursor, false);
  return body && { kind: 'for', span: cursor.span(start), variable, over, body };
}

function parseIterable(cursor: Cursor, start: number): Range | Expression {
  const from = parsePrimary(cursor);
  cursor.skipLayout();
  if (!cursor.startsWith('..')) return from;
  cursor.pos += 2;
  const to = parsePrimary(cursor);
  return { kind: 'range', span: cursor.span(start), from, to };
}

/** Steps over the body, so that what is left of the loop causes no more messages. */
function abandonLoop(cursor: Cursor): undefined {
  cursor.skipBlock();
}

function parseJump(cursor: Cursor, start: number, kind: 'break' | 'continue'): Statement {
  expectEnd(cursor);
  return { kind, span: cursor.span(start) };
}

function parseReturn(cursor: Cursor, start: number): Statement {
  cursor.skipLayout();
  const value = cursor.peek() === ';' || cursor.peek() === '}' ? undefined : parseExpression(cursor);
  expectEnd(cursor);
  return { kind: 'return', span: cursor.span(start), ...(value && { value }) };
}

/** import = 'import' string ';' */
export function parseImport(cursor: Cursor, start: number): Import | undefined {
  cursor.skipLayout();
  if (cursor.peek() !== '"') {
    cursor.error("expected string after 'import'");
    return undefined;
  }
  const path = readString(cursor);
  const span = cursor.span(start);
  if (cursor.take(';')) return { kind: 'import', span, path };
  cursor.error("expected ';' after import");
  return undefined;
}
