/** Script text to syntax tree, and back. */
import { type Diagnostic, Diagnostics, type Source } from '../diagnostics/index.ts';
import type { Node, Program } from './ast.ts';
import { readDefinitions } from './c/index.ts';
import { withHint } from './hints.ts';
import { openScript, parseProgram } from './program.ts';
import { children } from './walk.ts';

export type * from './ast.ts';
export { splitAttachPoint } from './attach-point.ts';
export { type COptions, type CResult, type IncludeReader, readDefinitions } from './c/index.ts';
export { type IntegerResult, parseSigned, parseUnsigned } from './integers.ts';
export { formatProgram, print, printProgram } from './printer.ts';
export { parseExpressionText } from './program.ts';
export { children, mapChildren, relocate, walk } from './walk.ts';

export interface Parsed {
  /** As far as it could be read; meaningless where `diagnostics` has errors. */
  readonly program: Program;
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(source: Source): Parsed {
  const diagnostics = new Diagnostics();
  const cursor = openScript(source, diagnostics);
  try {
    const program = parseProgram(cursor);
    refuseDepth(program, diagnostics);
    const definitions = diagnostics.ok ? readDefinitions(program.cSources, diagnostics).definitions : [];
    return { program: { ...program, definitions }, diagnostics: withHint(diagnostics.all, source) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The stack is full: every level of nesting takes a few frames.
    const here = cursor.atEnd ? undefined : cursor.span(cursor.pos, cursor.pos + 1);
    diagnostics.error(here, TOO_DEEP, { hints: [DEPTH_HINT] });
    return { program: emptyProgram(source), diagnostics: diagnostics.all };
  }
}

const TOO_DEEP = 'syntax: the script is nested too deeply';
const DEPTH_HINT = 'keep a part of it in a variable, or in a function of its own';
/** Passes call themselves for each level; a sum of so many terms is as deep, and so are as many `else if`. */
const MOST_LEVELS = 1000;

/** Level by level, since it is here to tell what cannot be walked. */
function refuseDepth(program: Program, diagnostics: Diagnostics): void {
  let level: Node[] = [program];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MOST_LEVELS) {
      diagnostics.error(level[0]!.span, TOO_DEEP, { hints: [DEPTH_HINT] });
      return;
    }
    level = level.flatMap(children);
  }
}

function emptyProgram(source: Source): Program {
  return parseProgram(openScript({ name: source.name, text: '' }, new Diagnostics()));
}
