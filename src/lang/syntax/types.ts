/** The grammar of types: `int32*[4]`, `struct task_struct *`, `typeof(e)`. */
import type { NamedType, TaggedType, TypeExpression, TypeOrExpression } from './ast.ts';
import { type Cursor, isWordStart } from './cursor.ts';
import { readInteger } from './literals.ts';
import { isBuiltinWord } from './words.ts';

const TAGS: ReadonlySet<string> = new Set(['struct', 'union', 'enum']);

/** type = base ('*' | '[' integer? ']')* ; quiet: reports nothing when there is no type here. */
export function parseType(cursor: Cursor, quiet = false): TypeExpression | undefined {
  let type: TypeExpression | undefined = parseBase(cursor, quiet);
  if (!type) return undefined;
  const { start } = type.span;
  for (;;) {
    cursor.skipLayout();
    if (cursor.take('*')) {
      type = { kind: 'pointer-type', span: cursor.span(start), to: type };
    } else if (cursor.take('[')) {
      const length = parseLength(cursor);
      if (!cursor.take(']')) {
        if (quiet) return undefined;
        cursor.expect(']');
      }
      type = { kind: 'array-type', span: cursor.span(start), element: type, ...(length !== undefined && { length }) };
    } else {
      return type;
    }
  }
}

function parseLength(cursor: Cursor): number | undefined {
  cursor.skipLayout();
  if (!/[0-9]/.test(cursor.peek())) return undefined;
  const { result } = readInteger(cursor);
  return 'value' in result ? Number(result.value) : 0;
}

/** base = ('struct' | 'union' | 'enum') word | word */
function parseBase(cursor: Cursor, quiet: boolean): NamedType | TaggedType | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  const word = cursor.word(quiet ? undefined : 'expected type name');
  if (word === undefined) return undefined;
  if (!isTag(word)) return { kind: 'named-type', span: cursor.span(start), name: word };
  const name = cursor.word(quiet ? undefined : 'expected identifier');
  if (name === undefined) return undefined;
  return { kind: 'tagged-type', span: cursor.span(start), tag: word, name };
}

export function isTag(word: string): word is TaggedType['tag'] {
  return TAGS.has(word);
}

/** annotation = 'typeof' '(' (type | expression) ')' | type */
export function parseAnnotation(cursor: Cursor, quiet = false): TypeExpression | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  if (!cursor.takeWord('typeof')) return parseType(cursor, quiet);
  const of = parseParenthesized(cursor);
  return { kind: 'typeof-type', span: cursor.span(start), of };
}

/** '(' (type | 'typeof' … | expression) ')', as after sizeof, typeof and typeinfo. */
export function parseParenthesized(cursor: Cursor): TypeOrExpression {
  cursor.expect('(');
  const operand = parseTypeOrExpression(cursor, ')');
  cursor.expect(')');
  return operand;
}

/** A type where it can only be one up to `end`; a bare word comes back as an identifier, which may yet name a type. */
export function parseTypeOrExpression(cursor: Cursor, end: string): TypeOrExpression {
  if (cursor.nextIsWord('typeof')) return parseAnnotation(cursor) ?? cursor.missing();
  if (looksLikeType(cursor, end)) return parseType(cursor) ?? cursor.missing();
  return cursor.rules.expression(cursor);
}

function looksLikeType(cursor: Cursor, end: string): boolean {
  cursor.skipLayout();
  if (!isWordStart(cursor.peek())) return false;
  const word = cursor.peekWord();
  if (isBuiltinWord(word)) return false;
  let pos = cursor.layoutEnd(cursor.pos + word.length);
  let certain = false;
  if (isTag(word)) {
    if (!isWordStart(cursor.text[pos] ?? '')) return false;
    certain = true;
    pos = cursor.layoutEnd(cursor.wordEnd(pos));
  }
  for (;;) {
    let suffixEnd: number | undefined;
    if (cursor.text[pos] === '*') suffixEnd = pos + 1;
    else if (cursor.text[pos] === '[') suffixEnd = cursor.balancedEnd(pos, '[', ']');
    else return certain && cursor.text[pos] === end;
    if (suffixEnd === undefined) return false;
    certain = true;
    pos = cursor.layoutEnd(suffixEnd);
  }
}
