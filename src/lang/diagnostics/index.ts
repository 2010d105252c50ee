/** What the compiler says about a script, where in its text, and how that is printed. */
export {
  type Diagnostic,
  type DiagnosticExtras,
  Diagnostics,
  type Related,
  type Severity,
} from './diagnostics.ts';
export { type FormatOptions, formatDiagnostic, formatDiagnostics, formatPlace } from './format.ts';
export { didYouMean, similarNames } from './similar.ts';
export { type Position, position, type Source, type Span, spanText, viaOf } from './source.ts';
