/** Diagnostics for an editor: offsets into the text instead of excerpts of it. */
import { type CompileOptions, compile } from '../compile.ts';
import type { Severity } from '../diagnostics/diagnostics.ts';
import { type Source, type Span, viaOf } from '../diagnostics/index.ts';

export interface PlacedDiagnostic {
  readonly severity: Severity;
  readonly message: string;
  readonly hints: readonly string[];
  /** UTF-16 offsets, half-open; what is about the script as a whole, or about a file that it imports, is at 0. */
  readonly from: number;
  readonly to: number;
}

/** Parses and checks types; nothing is generated or loaded. */
export function diagnose(text: string, options: Omit<CompileOptions, 'checkOnly'> = {}): PlacedDiagnostic[] {
  const source = { name: 'script', text };
  const { diagnostics } = compile(source, { ...options, checkOnly: true });
  return diagnostics.map(({ severity, message, hints, span }) => {
    const place = span && inText(span, source);
    return { severity, message, hints, from: place?.start ?? 0, to: place?.end ?? 0 };
  });
}

/** What a macro or an import brought in is shown where it was brought in. */
function inText(span: Span, source: Source): Span | undefined {
  for (let at: Span | undefined = span; at; at = viaOf(at)) if (at.source === source) return at;
  return undefined;
}
