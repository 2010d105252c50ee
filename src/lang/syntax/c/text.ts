/** Finds the C definitions at the top of a script: where each starts and ends, not what it means. */
import type { CSource } from '../ast.ts';
import { type Cursor, isWordStart } from '../cursor.ts';

/** `#…` to the end of the line, over lines that end with a backslash. */
export function parsePreprocessorLine(cursor: Cursor): CSource {
  const start = cursor.pos;
  const line = /(?:\\\r?\n|[^\n])*/y;
  line.lastIndex = start;
  line.test(cursor.text);
  cursor.pos = line.lastIndex;
  const text = cursor.text.slice(start, cursor.pos).trimEnd();
  const span = cursor.span(start);
  if (!cursor.atEnd) cursor.pos++;
  return { kind: 'c-source', span, text };
}

/** A struct, union or enum with a body, or a typedef; `struct:probe { … }` is an attach point. */
export function looksLikeCDefinition(cursor: Cursor): boolean {
  const keyword = /^(?:struct|union|enum|typedef)$/.exec(cursor.peekWord())?.[0];
  if (!keyword) return false;
  let pos = cursor.layoutEnd(cursor.pos + keyword.length);
  for (;;) {
    const char = cursor.text[pos] ?? '';
    let end: number | undefined;
    if (isWordStart(char)) end = cursor.wordEnd(pos);
    else if (char === '(') end = cursor.balancedEnd(pos, '(', ')');
    else if (char === '[') end = cursor.balancedEnd(pos, '[', ']');
    else if (keyword === 'typedef' && char === '*') end = pos + 1;
    else return char === '{' || (keyword === 'typedef' && char === ';');
    if (end === undefined) return false;
    pos = cursor.layoutEnd(end);
  }
}

/** definition = text '{' … '}' attribute* ';'? ; a typedef goes on to its semicolon. */
export function parseCDefinitionText(cursor: Cursor): CSource {
  const start = cursor.pos;
  const isTypedef = cursor.nextIsWord('typedef');
  while (!cursor.atEnd && cursor.peek() !== '{' && !(isTypedef && cursor.peek() === ';')) cursor.pos++;
  if (cursor.peek() === '{') cursor.skipBlock();
  if (isTypedef) while (!cursor.atEnd && cursor.peek() !== ';') cursor.pos++;
  else skipAttributes(cursor);
  const text = `${cursor.text.slice(start, cursor.pos).trimEnd()};`;
  cursor.take(';');
  return { kind: 'c-source', span: cursor.span(start), text };
}

function skipAttributes(cursor: Cursor): void {
  let end = cursor.pos;
  while (cursor.takeWord('__attribute__')) {
    cursor.skipLayout();
    if (!cursor.startsWith('((')) {
      cursor.error("__attribute__ syntax error, expected '(('");
      return;
    }
    const close = cursor.balancedEnd(cursor.pos, '(', ')');
    if (close === undefined) cursor.error("__attribute__ syntax error, mismatched '(' and ')'");
    end = close ?? cursor.text.length;
    cursor.pos = end;
  }
  cursor.pos = end;
}
