/** The grammar of a script's top level: C definitions, then config and imports, then probes, macros, functions and maps. */
import type { Diagnostics, Source } from '../diagnostics/index.ts';
import type {
  Config,
  CSource,
  Expression,
  Import,
  Macro,
  MacroParameter,
  MapDeclaration,
  Probe,
  Program,
  Subprogram,
  SubprogramParameter,
} from './ast.ts';
import { looksLikeCDefinition, parseCDefinitionText, parsePreprocessorLine } from './c/text.ts';
import { parseConfig, skipConfig } from './config.ts';
import { Cursor, type Rules } from './cursor.ts';
import { parseExpression, parseUnary } from './expressions.ts';
import { parseMapDeclaration } from './map-declaration.ts';
import { parseVariable } from './primary.ts';
import { parseProbe } from './probe.ts';
import { parseBlock, parseImport } from './statements.ts';
import { parseAnnotation } from './types.ts';
import { isBuiltinWord } from './words.ts';

const RULES: Rules = { expression: parseExpression, unary: parseUnary, block: parseBlock };

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

export const openScript = (source: Source, diagnostics: Diagnostics): Cursor => new Cursor(source, diagnostics, RULES);

/** The whole script; what the C part defines is left to the C parser. */
export function parseProgram(cursor: Cursor): Program {
  const items: Items = { cSources: [], imports: [], maps: [], macros: [], functions: [], probes: [] };
  parseHeader(cursor, items);
  parseDefinitions(cursor, items);
  parsePreamble(cursor, items);
  parseItems(cursor, items);
  const span = cursor.span(0);
  return { kind: 'program', span, ...items, definitions: [], comments: cursor.comments };
}

/** A text that is one expression, as a #define's; undefined with the errors in `diagnostics`. */
export function parseExpressionText(source: Source, diagnostics: Diagnostics): Expression | undefined {
  const cursor = openScript(source, diagnostics);
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

// Macros and functions

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
