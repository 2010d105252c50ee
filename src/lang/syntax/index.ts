/** Script text to syntax tree, and back. */
import { type Diagnostic, Diagnostics, type Source } from '../diagnostics/index.ts';
import type { Program } from './ast.ts';
import { parseProgram } from './program.ts';

export type * from './ast.ts';
export { splitAttachPoint } from './attach-point.ts';
export { type IntegerResult, parseSigned, parseUnsigned } from './integers.ts';
export { print, printProgram } from './printer.ts';
export { parseExpressionText } from './program.ts';
export { children, mapChildren, walk } from './walk.ts';

export interface Parsed {
  /** As far as it could be read; meaningless where `diagnostics` has errors. */
  readonly program: Program;
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(source: Source): Parsed {
  const diagnostics = new Diagnostics();
  const program = parseProgram(source, diagnostics);
  return { program, diagnostics: diagnostics.all };
}
