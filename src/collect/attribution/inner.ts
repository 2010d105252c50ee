/** What is executed inside of a statement, as rows say it. */
import type { InnerFields } from '../../api/index.ts';
import type { Fingerprinter } from '../../postgres/fingerprint/index.ts';

export interface Inner {
  readonly fingerprint: string;
  /** Normalised; null where it is not known. */
  readonly query: string | null;
  readonly truncated: boolean;
}

/** Something is executed inside, and nobody knows what. */
export const NOT_KNOWN: Inner = { fingerprint: '0', query: null, truncated: false };

/** The kernel's id for that: inner.bt. */
export const INNER_NOT_KNOWN = 1n;

/** PL/pgSQL that computes without a statement: no more is known than its function. */
export const functionNamed = (signature: string, id: bigint): Omit<Inner, 'truncated'> => ({
  fingerprint: String(id),
  query: `<in function ${signature}>`,
});

/** `target := ` of PL/pgSQL: what is executed stands behind it. */
const ASSIGNMENT = /^\s*[\w$."[\]]+\s*:?=\s*/;
const SELECT = 'SELECT ';

/** PL/pgSQL hands over bare expressions and assignments, too (src/include/parser/parser.h: RawParseMode). */
export function innerStatement(fingerprinter: Fingerprinter, text: string): Omit<Inner, 'truncated'> {
  const whole = fingerprinter.identify(text);
  if (whole.parsed) return whole;
  for (const expression of [text, text.replace(ASSIGNMENT, '')]) {
    const selected = fingerprinter.identify(SELECT + expression);
    if (selected.parsed) return selected;
  }
  return whole;
}

export const innerFields = (inner: Inner | undefined): InnerFields => ({
  inner_query: inner?.query ?? null,
  inner_fingerprint: inner?.fingerprint ?? null,
});

export const inexactInner = (inner: Inner | undefined): string[] =>
  inner !== undefined && (inner.query === null || inner.truncated) ? ['inner_query'] : [];
