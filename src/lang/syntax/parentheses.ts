/** The grammar of what a parenthesis opens: a tuple, a record, a cast, or a group. */
import type { Expression, RecordExpression, RecordField } from './ast.ts';
import { type Cursor, isWordStart } from './cursor.ts';
import { parseAnnotation } from './types.ts';
import { isBuiltinWord } from './words.ts';

/** '(' ')' | record | cast | tuple | '(' expression ')' */
export function parseParenthesis(cursor: Cursor): Expression {
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
  if (!isWordStart(cursor.peek())) return false;
  const after = cursor.layoutEnd(cursor.wordEnd(cursor.pos));
  return cursor.text[after] === '=' && cursor.text[after + 1] !== '=';
}

function parseRecordField(cursor: Cursor, seen: Set<string>): RecordField | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  const name = cursor.word('expected identifier');
  if (name === undefined) return undefined;
  cursor.expect('=');
  const value = cursor.rules.expression(cursor);
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
  const value = cursor.rules.unary(cursor);
  return { kind: 'cast', span, type, value };
}

/** tuple = '(' expression ',' (expression (',' expression)* ','?)? ')' */
function parseTupleOrGroup(cursor: Cursor, start: number): Expression {
  const first = cursor.rules.expression(cursor);
  if (!cursor.take(',')) {
    cursor.expect(')');
    return first;
  }
  const items = [first];
  cursor.skipLayout();
  while (cursor.peek() !== ')') {
    items.push(cursor.rules.expression(cursor));
    if (!cursor.take(',')) break;
    cursor.skipLayout();
  }
  cursor.expect(')');
  return { kind: 'tuple', span: cursor.span(start), items };
}
