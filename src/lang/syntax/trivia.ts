/** What a script's text has besides its tree: comments and blank lines, handed out in the order of the text. */
import { type Span, spanText } from '../diagnostics/index.ts';
import type { Program } from './ast.ts';

export class Trivia {
  readonly #comments: readonly Span[];
  readonly #text: string;
  #next = 0;

  constructor(program: Program) {
    this.#text = program.span.source.text;
    // Comments inside C definitions are part of their text.
    this.#comments = program.comments.filter(
      ({ start }) => !program.cSources.some(({ span }) => start >= span.start && start < span.end),
    );
  }

  /** The comments up to an offset that were not given out yet, as texts without a newline at the end. */
  before(offset: number): Span[] {
    const start = this.#next;
    while (this.#next < this.#comments.length && this.#comments[this.#next]!.start < offset) this.#next++;
    return this.#comments.slice(start, this.#next);
  }

  /** The comment that follows on the same line; undefined if none does. */
  sameLine(offset: number): Span | undefined {
    const comment = this.#comments[this.#next];
    if (!comment || comment.start < offset) return undefined;
    if (!/^[ \t;,]*$/.test(this.#text.slice(offset, comment.start))) return undefined;
    this.#next++;
    return comment;
  }

  /** The text has an empty line between the two offsets. */
  hasBlankLine(from: number, to: number): boolean {
    return /\n[ \t\r]*\n/.test(this.#text.slice(from, to));
  }
}

/** A comment's text at another indentation: its lines keep their place relative to its first. */
export function commentText(comment: Span, indent: string): string {
  const lines = spanText(comment).trimEnd().split('\n');
  const rest = lines.slice(1).map((line) => {
    const text = line.trim();
    return text.startsWith('*') ? `${indent} ${text}` : `${indent}${text && `   ${text}`}`;
  });
  return [lines[0]!, ...rest].map((line) => line.trimEnd()).join('\n');
}
