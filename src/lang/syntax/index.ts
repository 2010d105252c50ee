/** Script text to syntax tree, and back. */
import { type Diagnostic, Diagnostics, type Source } from '../diagnostics/index.ts';
import type { Program } from './ast.ts';
import { readDefinitions } from './c/index.ts';
import { withHint } from './hints.ts';
import { parseProgram } from './program.ts';

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
  try {
    const program = parseProgram(source, diagnostics);
    const definitions = diagnostics.ok ? readDefinitions(program.cSources, diagnostics).definitions : [];
    return { program: { ...program, definitions }, diagnostics: withHint(diagnostics.all, source) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The stack is full: every level of nesting takes a few frames.
    diagnostics.error(undefined, 'syntax: the script is nested too deeply');
    return { program: emptyProgram(source), diagnostics: diagnostics.all };
  }
}

function emptyProgram(source: Source): Program {
  return parseProgram({ name: source.name, text: '' }, new Diagnostics());
}
