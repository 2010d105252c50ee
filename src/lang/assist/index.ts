/** What an editor asks of the language: completions at a place of the text, and diagnostics with places. */
export { type Completion, type Completions, complete } from './complete.ts';
export { diagnose, type PlacedDiagnostic } from './diagnose.ts';
