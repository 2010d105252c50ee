/** What the C part of a script defines: preprocessed, then parsed. */
import type { Diagnostics, Source } from '../../diagnostics/index.ts';
import type { CDefinition, CInclude, CSource } from '../ast.ts';
import { parseDeclarations } from './declarations.ts';
import { type IncludeReader, Preprocessor } from './preprocessor.ts';

export type { IncludeReader } from './preprocessor.ts';

export interface COptions {
  readonly read?: IncludeReader;
  /** Macros defined from outside. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Headers read before the script's own text. */
  readonly headers?: readonly Source[];
}

export interface CResult {
  /** Types in the order of their definition, then the macros, then the includes that were not found. */
  readonly definitions: readonly CDefinition[];
  readonly missing: readonly CInclude[];
}

/** Headers are read as far as they are understood; mistakes are reported in the script's own text only. */
export function readDefinitions(
  sources: readonly CSource[],
  diagnostics: Diagnostics,
  options: COptions = {},
): CResult {
  const preprocessor = new Preprocessor(diagnostics, options.read ?? (() => undefined));
  for (const [name, value] of Object.entries(options.defines ?? {})) preprocessor.define(name, value);
  const given = new Set(preprocessor.macros.keys());
  const tokens = [
    ...(options.headers ?? []).flatMap((header) => preprocessor.process(header, header.text, 0)),
    ...sources.flatMap(({ span, text }) => preprocessor.process(span.source, text, span.start)),
  ];
  const own = new Set(sources.map(({ span }) => span.source));
  const types = parseDeclarations(tokens, diagnostics, { isStrict: (span) => own.has(span.source) });
  const defines = preprocessor.defines().filter((define) => !given.has(define.name));
  return { definitions: [...types, ...defines, ...preprocessor.missing], missing: preprocessor.missing };
}
