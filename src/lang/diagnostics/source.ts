/** Source texts and the places in them; lines and columns are computed only when a message is printed. */

export interface Source {
  /** What messages call it: "stdin", "script.bt", "stdlib/base.bt". */
  readonly name: string;
  readonly text: string;
  /** Set on what was imported: the place that imported it. */
  readonly via?: Span;
}

/** A half-open range of UTF-16 offsets. Every node has one: the part of the text that a message about it points at. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  /** Set on what a macro brought in: the place that called it. */
  readonly via?: Span;
}

/** What brought the text of a span in: a macro's call, or the import of its file. */
export const viaOf = (span: Span): Span | undefined => span.via ?? span.source.via;

/** 1-based; columns count bytes of UTF-8, as bpftrace's do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function position(source: Source, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (;;) {
    const newline = source.text.indexOf('\n', lineStart);
    if (newline < 0 || newline >= offset) break;
    line++;
    lineStart = newline + 1;
  }
  return { line, column: Buffer.byteLength(source.text.slice(lineStart, offset)) + 1 };
}

export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}
