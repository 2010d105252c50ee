/** A place in a list of C tokens; what is wrong there is thrown, as a declaration is skipped as a whole. */
import type { Span } from '../../diagnostics/index.ts';
import type { CToken } from './lexer.ts';

export class SyntaxProblem extends Error {
  readonly span: Span;
  constructor(span: Span, message: string) {
    super(message);
    this.span = span;
  }
}

export class TokenReader {
  readonly tokens: readonly CToken[];
  /** Index of the next token. */
  at = 0;

  constructor(tokens: readonly CToken[]) {
    this.tokens = tokens;
  }

  get atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  /** The next token's text; empty at the end. */
  next(): string {
    return this.tokens[this.at]?.text ?? '';
  }

  take(text: string): boolean {
    if (this.next() !== text) return false;
    this.at++;
    return true;
  }

  expect(text: string, where = ''): void {
    if (!this.take(text)) this.fail(`expected '${text}'${where && ` ${where}`}`);
  }

  word(message: string): string {
    const token = this.tokens[this.at];
    if (token?.kind !== 'word') this.fail(message);
    this.at++;
    return token.text;
  }

  /** On after the bracket that closes the one that is next. */
  skipBalanced(open: string, close: string): void {
    let depth = 0;
    do {
      if (this.next() === open) depth++;
      else if (this.next() === close) depth--;
      if (this.atEnd) this.fail(`expected '${close}'`);
      this.at++;
    } while (depth > 0);
  }

  here(): Span {
    const token = this.tokens[this.at] ?? this.tokens.at(-1)!;
    return token.span;
  }

  /** Tokens of one declaration can come from several files: the span stays in the first's. */
  spanFrom(start: number): Span {
    const first = (this.tokens[start] ?? this.tokens.at(-1)!).span;
    const last = (this.tokens[Math.max(start, this.at - 1)] ?? this.tokens.at(-1)!).span;
    return { source: first.source, start: first.start, end: last.source === first.source ? last.end : first.end };
  }

  fail(message: string): never {
    throw new SyntaxProblem(this.here(), message);
  }
}

/** The tokens between the parenthesis at `open` and the one that closes it; none if there is none. */
export function insideParentheses(tokens: readonly CToken[], open: number): readonly CToken[] {
  if (tokens[open]?.text !== '(') return [];
  let depth = 0;
  let end = open;
  do {
    if (tokens[end]!.text === '(') depth++;
    else if (tokens[end]!.text === ')') depth--;
    end++;
  } while (depth > 0 && end < tokens.length);
  return tokens.slice(open + 1, end - 1);
}
