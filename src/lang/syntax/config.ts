/** The grammar of the config block. */
import type { Config, ConfigEntry } from './ast.ts';
import { type Cursor, isDigit } from './cursor.ts';
import { readInteger, readString } from './literals.ts';

/** config = 'config' '=' '{' (entry (';' entry)* ';'?)? '}' */
export function parseConfig(cursor: Cursor): Config {
  const start = cursor.pos;
  const entries: ConfigEntry[] = [];
  if (cursor.expectWord('config') && cursor.expect('=') && cursor.expect('{')) {
    parseConfigEntries(cursor, entries);
    cursor.expect('}');
  }
  return { kind: 'config', span: cursor.span(start), entries };
}

function parseConfigEntries(cursor: Cursor, entries: ConfigEntry[]): void {
  cursor.skipLayout();
  while (!cursor.atEnd && cursor.peek() !== '}') {
    const entry = parseConfigEntry(cursor);
    if (!entry) return;
    entries.push(entry);
    cursor.skipLayout();
    if (cursor.peek() !== '}' && !cursor.expect(';')) {
      while (!cursor.atEnd && cursor.peek() !== '}') cursor.pos++;
      return;
    }
    cursor.take(';');
    cursor.skipLayout();
  }
}

/** entry = word '=' (string | integer | word) */
function parseConfigEntry(cursor: Cursor): ConfigEntry | undefined {
  const start = cursor.pos;
  const name = cursor.word('expected config key');
  if (name === undefined || !cursor.expect('=')) return undefined;
  const value = parseConfigValue(cursor);
  return value === undefined ? undefined : { kind: 'config-entry', span: cursor.span(start), name, value };
}

function parseConfigValue(cursor: Cursor): ConfigEntry['value'] | undefined {
  cursor.skipLayout();
  if (cursor.peek() === '"') return readString(cursor);
  if (cursor.takeWord('true')) return true;
  if (cursor.takeWord('false')) return false;
  if (!isDigit(cursor.peek())) return cursor.word('expected string, int, boolean, or ident');
  const { result } = readInteger(cursor);
  if ('value' in result) return result.value;
  cursor.error('invalid integer in config');
  return undefined;
}

export function skipConfig(cursor: Cursor, message: string): void {
  const start = cursor.pos;
  cursor.takeWord('config');
  cursor.error(message, cursor.span(start));
  if (!cursor.take('=')) return;
  cursor.skipBlock();
}
