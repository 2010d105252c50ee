/** The grammar of a script's top level: C definitions, then config and imports, then probes, macros, functions and maps. */
import type { Diagnostics, Source } from '../diagnostics/index.ts';
import type {
  AttachPoint,
  Config,
  ConfigEntry,
  CSource,
  Expression,
  Import,
  Macro,
  MacroParameter,
  MapDeclaration,
  MapField,
  Predicate,
  Probe,
  Program,
  Subprogram,
  SubprogramParameter,
} from './ast.ts';
import { parseAttachPoint } from './attach-point.ts';
import { looksLikeCDefinition, parseCDefinitionText, parsePreprocessorLine } from './c/text.ts';
import { Cursor, isDigit, type Rules } from './cursor.ts';
import { parseExpression, parseVariable } from './expressions.ts';
import { parseBlock, parseImport } from './statements.ts';
import { parseAnnotation } from './types.ts';
import { isBuiltinWord } from './words.ts';

const RULES: Rules = { expression: parseExpression, block: parseBlock };

/** Everything that the top level collects, in the order of the text. */
interface Items {
  header?: string;
  config?: Config;
  readonly cSources: CSource[];
  readonly imports: Import[];
  readonly maps: MapDeclaration[];
  readonly macros: Macro[];
  readonly functions: Subprogram[];
  readonly probes: Probe[];
}

/** The whole script; what the C part defines is left to the C parser. */
export function parseProgram(source: Source, diagnostics: Diagnostics): Program {
  const cursor = new Cursor(source, diagnostics, RULES);
  const items: Items = { cSources: [], imports: [], maps: [], macros: [], functions: [], probes: [] };
  parseHeader(cursor, items);
  parseDefinitions(cursor, items);
  parsePreamble(cursor, items);
  parseItems(cursor, items);
  const span = { source, start: 0, end: cursor.pos };
  return { kind: 'program', span, ...items, definitions: [], comments: cursor.comments };
}

/** A text that is one expression, as a #define's; undefined with the errors in `diagnostics`. */
export function parseExpressionText(source: Source, diagnostics: Diagnostics): Expression | undefined {
  const cursor = new Cursor(source, diagnostics, RULES);
  cursor.skipLayout();
  if (cursor.atEnd) return undefined;
  const expression = parseExpression(cursor);
  cursor.skipLayout();
  if (!cursor.atEnd) cursor.error('unexpected input');
  return diagnostics.ok ? expression : undefined;
}

/** '#!' to the end of the line */
function parseHeader(cursor: Cursor, items: Items): void {
  cursor.skipLayout();
  if (!cursor.startsWith('#!')) return;
  const newline = cursor.text.indexOf('\n', cursor.pos);
  const end = newline < 0 ? cursor.text.length : newline + 1;
  items.header = cursor.text.slice(cursor.pos, end);
  cursor.pos = end;
}

function parseDefinitions(cursor: Cursor, items: Items): void {
  cursor.skipLayout();
  for (; !cursor.atEnd && !cursor.failed; cursor.skipLayout()) {
    const definition = tryCDefinition(cursor);
    if (!definition) return;
    items.cSources.push(definition);
  }
}

function tryCDefinition(cursor: Cursor): CSource | undefined {
  if (cursor.peek() === '#' && cursor.peek(1) !== '!') return parsePreprocessorLine(cursor);
  return looksLikeCDefinition(cursor) ? parseCDefinitionText(cursor) : undefined;
}

/** (config | import)*, one config at most. */
function parsePreamble(cursor: Cursor, items: Items): void {
  for (; !cursor.atEnd && !cursor.failed; cursor.skipLayout()) {
    const start = cursor.pos;
    if (cursor.takeWord('import')) {
      const found = parseImport(cursor, start);
      if (found) items.imports.push(found);
    } else if (!cursor.nextIsWord('config')) {
      return;
    } else if (items.config) {
      skipConfig(cursor, 'duplicate config block');
    } else {
      items.config = parseConfig(cursor);
    }
  }
}

/** (probe | macro | function | map declaration)*; after an error it goes on with what follows the broken item's body. */
function parseItems(cursor: Cursor, items: Items): void {
  cursor.skipLayout();
  while (!cursor.atEnd && !cursor.failed) {
    const start = cursor.pos;
    const recoverable = parseItem(cursor, items);
    if (cursor.pos === start) {
      cursor.error('unexpected input');
      cursor.pos++;
    }
    if (cursor.failed && recoverable) {
      cursor.pos = start;
      cursor.skipBlock();
      cursor.forgive();
    }
    cursor.skipLayout();
  }
}

/** False where an error leaves no clear place to go on. */
function parseItem(cursor: Cursor, items: Items): boolean {
  const start = cursor.pos;
  if (rejectLateDefinition(cursor, items)) return false;
  switch (cursor.peekWord()) {
    case 'config':
      skipConfig(cursor, 'config must appear before probes and functions');
      return false;
    case 'import':
      cursor.takeWord('import');
      cursor.error('root imports must appear before probes and functions', cursor.span(start));
      return false;
    case 'macro':
      return keep(items.macros, parseMacro(cursor));
    case 'fn':
      return keep(items.functions, parseSubprogram(cursor));
    case 'let':
      keep(items.maps, parseMapDeclaration(cursor));
      return false;
    default:
      return keep(items.probes, parseProbe(cursor));
  }
}

function keep<T>(list: T[], item: T | undefined): true {
  if (item) list.push(item);
  return true;
}

function rejectLateDefinition(cursor: Cursor, items: Items): boolean {
  const start = cursor.pos;
  const definition = tryCDefinition(cursor);
  if (!definition) return false;
  items.cSources.push(definition);
  cursor.error('C definitions must appear before probes and functions', cursor.span(start));
  return true;
}

// Config

/** config = 'config' '=' '{' (entry (';' entry)* ';'?)? '}' */
function parseConfig(cursor: Cursor): Config {
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
  if (cursor.peek() === '"') return cursor.string();
  if (cursor.takeWord('true')) return true;
  if (cursor.takeWord('false')) return false;
  if (!isDigit(cursor.peek())) return cursor.word('expected string, int, boolean, or ident');
  const { result } = cursor.integer();
  if ('value' in result) return result.value;
  cursor.error('invalid integer in config');
  return undefined;
}

function skipConfig(cursor: Cursor, message: string): void {
  const start = cursor.pos;
  cursor.takeWord('config');
  cursor.error(message, cursor.span(start));
  if (!cursor.take('=')) return;
  cursor.skipBlock();
}

// Macros, functions, maps

/** macro = 'macro' word '(' (parameter (',' parameter)*)? ')' block */
function parseMacro(cursor: Cursor): Macro | undefined {
  const start = cursor.pos;
  cursor.expectWord('macro');
  const name = cursor.word('expected macro name');
  if (name === undefined) return undefined;
  const span = cursor.span(start);
  if (!cursor.expect('(')) return undefined;
  const parameters: MacroParameter[] = [];
  cursor.skipLayout();
  if (cursor.peek() !== ')') {
    do parameters.push(parseMacroParameter(cursor));
    while (cursor.take(','));
  }
  if (!cursor.expect(')')) return undefined;
  const body = parseBlock(cursor, true);
  return body && { kind: 'macro', span, name, parameters, body };
}

/** parameter = variable | '@' word | word */
function parseMacroParameter(cursor: Cursor): MacroParameter {
  cursor.skipLayout();
  const start = cursor.pos;
  if (cursor.peek() === '$') return parseVariable(cursor);
  if (cursor.peek() === '@') {
    const name = cursor.mapName();
    return { kind: 'map', span: cursor.span(start), name };
  }
  const name = cursor.word('expected macro argument ($var, @map, or identifier)');
  if (name === undefined) return cursor.missing();
  if (isBuiltinWord(name)) cursor.error(`builtin '${name}' can't be used as a macro argument`, cursor.span(start));
  return { kind: 'identifier', span: cursor.span(start), name };
}

/** function = 'fn' word '(' (variable ':' type (',' …)*)? ')' ':' type block */
function parseSubprogram(cursor: Cursor): Subprogram | undefined {
  const start = cursor.pos;
  cursor.expectWord('fn');
  const name = cursor.word('expected function name');
  if (name === undefined) return undefined;
  const span = cursor.span(start);
  if (!cursor.expect('(')) return undefined;
  const parameters = parseSubprogramParameters(cursor);
  if (!cursor.expect(')') || !cursor.expect(':')) return undefined;
  const returns = parseAnnotation(cursor);
  const body = returns && parseBlock(cursor, false);
  return body && { kind: 'subprogram', span, name, parameters, returns, body };
}

function parseSubprogramParameters(cursor: Cursor): SubprogramParameter[] {
  const parameters: SubprogramParameter[] = [];
  cursor.skipLayout();
  if (cursor.peek() === ')') return parameters;
  do {
    cursor.skipLayout();
    const start = cursor.pos;
    if (cursor.peek() !== '$') {
      cursor.error('expected variable in function argument');
      break;
    }
    const variable = parseVariable(cursor);
    const type = cursor.expect(':') ? parseAnnotation(cursor) : undefined;
    if (!type) break;
    parameters.push({ kind: 'subprogram-parameter', span: cursor.span(start), variable, type });
  } while (cursor.take(','));
  return parameters;
}

/** map = 'let' '@' word? (':' ('{' field (',' field)* '}' | type))? '=' word '(' integer? ')' ';'? */
function parseMapDeclaration(cursor: Cursor): MapDeclaration | undefined {
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
  const { result } = cursor.integer();
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

// Probes

/** probe = attach point (',' attach point)* ','? predicate? block */
function parseProbe(cursor: Cursor): Probe | undefined {
  const attachPoints = parseAttachPoints(cursor);
  const [first, last] = [attachPoints[0], attachPoints.at(-1)];
  if (!first || !last) return undefined;
  const span = cursor.span(first.span.start, last.span.end);
  const predicate = parsePredicate(cursor);
  const body = parseBlock(cursor, false);
  return body && { kind: 'probe', span, attachPoints, ...(predicate && { predicate }), body };
}

function parseAttachPoints(cursor: Cursor): AttachPoint[] {
  const list: AttachPoint[] = [];
  do {
    cursor.skipLayout();
    if (list.length > 0 && (cursor.peek() === '/' || cursor.peek() === '{')) break;
    const attachPoint = parseAttachPoint(cursor);
    if (!attachPoint) break;
    list.push(attachPoint);
  } while (cursor.take(','));
  return list;
}

/** predicate = '/' expression '/' */
function parsePredicate(cursor: Cursor): Predicate | undefined {
  cursor.skipLayout();
  const start = cursor.pos;
  if (!cursor.take('/')) return undefined;
  const condition = parseExpression(cursor);
  if (!cursor.take('/')) cursor.error("expected '/' to close predicate");
  return { kind: 'predicate', span: cursor.span(start), condition };
}
