/** The grammar of map declarations. */
import type { MapDeclaration, MapField } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { readInteger } from './literals.ts';
import { parseAnnotation } from './types.ts';

/** map = 'let' '@' word? (':' ('{' field (',' field)* '}' | type))? '=' word '(' integer? ')' ';'? */
export function parseMapDeclaration(cursor: Cursor): MapDeclaration | undefined {
  const start = cursor.pos;
  const after = cursor.layoutEnd(start + 'let'.length);
  if (cursor.text[after] !== '@') {
    cursor.error('root-level let statements need to be map declarations, e.g. let @a = hash(2);');
    cursor.pos++;
    return undefined;
  }
  cursor.pos = after;
  const name = cursor.mapName();
  const declared = cursor.take(':') ? parseMapValue(cursor) : {};
  if (!cursor.expect('=')) return undefined;
  cursor.skipLayout();
  const typeStart = cursor.pos;
  const type = cursor.word('expected map type name');
  if (type === undefined) return undefined;
  const typeSpan = cursor.span(typeStart);
  if (!cursor.expect('(')) return undefined;
  const maxEntries = parseMaxEntries(cursor, type);
  if (maxEntries === undefined || !cursor.expect(')')) return undefined;
  cursor.take(';');
  const span = cursor.span(start);
  return {
    kind: 'map-declaration',
    span,
    name,
    type,
    typeSpan,
    ...(maxEntries > 0 && { maxEntries }),
    ...declared,
  };
}

/** 0 for the local storages, which grow with what they belong to. */
function parseMaxEntries(cursor: Cursor, type: string): number | undefined {
  cursor.skipLayout();
  if (type.endsWith('_storage') && cursor.peek() === ')') return 0;
  const { result } = readInteger(cursor);
  if ('value' in result) return Number(result.value);
  cursor.error('expected positive integer for map declaration max entries');
  return undefined;
}

/** What stands after a map's colon: its fields, or the type of its values. */
function parseMapValue(cursor: Cursor): Pick<MapDeclaration, 'fields' | 'value'> {
  cursor.skipLayout();
  if (cursor.peek() === '{') return { fields: parseMapFields(cursor) };
  const value = parseAnnotation(cursor);
  return value ? { value } : {};
}

/** field = word ':' type rule? ; rule: how the CPUs' values merge. */
function parseMapFields(cursor: Cursor): MapField[] {
  const fields: MapField[] = [];
  if (!cursor.expect('{')) return fields;
  do {
    cursor.skipLayout();
    if (cursor.peek() === '}') break;
    const start = cursor.pos;
    const name = cursor.word('expected field name');
    const type = name !== undefined && cursor.expect(':') ? parseAnnotation(cursor) : undefined;
    if (name === undefined || !type) break;
    const merge = cursor.word();
    fields.push({ kind: 'map-field', span: cursor.span(start), name, type, ...(merge && { merge }) });
  } while (cursor.take(','));
  cursor.expect('}');
  return fields;
}
