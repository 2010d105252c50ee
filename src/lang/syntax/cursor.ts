/** The lexer: a place in the text and what can be read there. It has no token list; the grammar decides what comes next. */
import type { Diagnostics, Source, Span } from '../diagnostics/index.ts';
import type { Block, Expression, Identifier } from './ast.ts';

/** The grammar rules that recurse across files, handed in so that files import one another one way only. */
export interface Rules {
  expression(cursor: Cursor): Expression;
  unary(cursor: Cursor): Expression;
  /** Undefined after an error. A block whose value is not allowed turns it into a statement. */
  block(cursor: Cursor, valueAllowed: boolean): Block | undefined;
}

const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const WORD_REST = /[A-Za-z0-9_]*/y;
const NUMBER_TOKEN = /[A-Za-z0-9.]+/y;

export class Cursor {
  readonly source: Source;
  readonly text: string;
  readonly diagnostics: Diagnostics;
  readonly rules: Rules;
  readonly comments: Span[] = [];
  /** Offset of the next character. Assigning it goes back to (or on to) another place. */
  pos = 0;
  #errorsBefore = 0;

  constructor(source: Source, diagnostics: Diagnostics, rules: Rules) {
    this.source = source;
    this.text = source.text;
    this.diagnostics = diagnostics;
    this.rules = rules;
  }

  // Errors

  /** Something went wrong since `forgive`; rules return early then, to keep one mistake from causing many messages. */
  get failed(): boolean {
    return this.diagnostics.errors > this.#errorsBefore;
  }

  forgive(): void {
    this.#errorsBefore = this.diagnostics.errors;
  }

  /** Reports at the next token, or at the given span. */
  error(message: string, span?: Span): void {
    this.diagnostics.error(span ?? this.#nextToken(), `syntax: ${message}`);
  }

  #nextToken(): Span {
    const start = this.layoutEnd(this.pos);
    const char = this.text[start] ?? '';
    let end = Math.min(start + 1, this.text.length);
    if (isWordStart(char)) end = this.wordEnd(start);
    else if (isDigit(char)) end = matchEnd(NUMBER_TOKEN, this.text, start);
    else if (char === '@' || char === '$') end = this.wordEnd(start + 1);
    return { source: this.source, start, end };
  }

  // Places

  /** From `start` to here. */
  span(start: number, end: number = this.pos): Span {
    return { source: this.source, start, end };
  }

  /** Stands where an expression should have been, after an error. */
  missing(): Identifier {
    return { kind: 'identifier', span: this.span(this.pos), name: '' };
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  /** The character `offset` after the next one; empty past the end. */
  peek(offset = 0): string {
    return this.text[this.pos + offset] ?? '';
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.pos);
  }

  // Layout: blanks and comments

  skipLayout(): void {
    const end = this.layoutEnd(this.pos);
    if (end > this.pos) this.pos = end;
  }

  /** Where the blanks and comments from `pos` on end. Remembers the comments. */
  layoutEnd(pos: number): number {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(pos);
      if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) pos++;
      else if (code === 0x2f && text[pos + 1] === '/') pos = this.#comment(pos, lineEnd(text, pos));
      else if (code === 0x2f && text[pos + 1] === '*') pos = this.#comment(pos, blockCommentEnd(text, pos));
      else return pos;
    }
  }

  #comment(start: number, end: number): number {
    const last = this.comments.at(-1);
    if (!last || start >= last.end) this.comments.push(this.span(start, end));
    return end;
  }

  // Single characters and words

  /** Skips layout, then the character if it is next. */
  take(char: string): boolean {
    this.skipLayout();
    if (this.text[this.pos] !== char) return false;
    this.pos++;
    return true;
  }

  expect(char: string): boolean {
    if (this.take(char)) return true;
    this.error(`expected '${char}'`);
    return false;
  }

  /** Skips layout, then the word if it is next. */
  takeWord(word: string): boolean {
    this.skipLayout();
    if (!this.nextIsWord(word)) return false;
    this.pos += word.length;
    return true;
  }

  expectWord(word: string): boolean {
    if (this.takeWord(word)) return true;
    this.error(`expected '${word}'`);
    return false;
  }

  nextIsWord(word: string): boolean {
    const start = this.layoutEnd(this.pos);
    return this.text.startsWith(word, start) && !isWordPart(this.text[start + word.length] ?? '');
  }

  /** The word that starts exactly here, without moving; empty if none does. */
  peekWord(): string {
    return this.text.slice(this.pos, this.wordEnd(this.pos));
  }

  wordEnd(start: number): number {
    return matchEnd(WORD_REST, this.text, start);
  }

  /** Skips layout and reads a word; without one, reports `message` if given. */
  word(message?: string): string | undefined {
    this.skipLayout();
    const start = this.pos;
    this.pos = matchEnd(WORD, this.text, start);
    if (this.pos > start) return this.text.slice(start, this.pos);
    if (message !== undefined) this.error(message);
    return undefined;
  }

  /** `$name`, at the `$`. */
  variableName(): string {
    const start = this.pos;
    if (!isWordStart(this.peek(1))) {
      this.error("expected identifier after '$'");
      return '';
    }
    this.pos = this.wordEnd(start + 1);
    return this.text.slice(start, this.pos);
  }

  /** `@name` or `@`, at the `@`. */
  mapName(): string {
    const start = this.pos;
    this.pos = isWordStart(this.peek(1)) ? this.wordEnd(start + 1) : start + 1;
    return this.text.slice(start, this.pos);
  }

  // Lookahead and recovery

  /** The offset after the bracket that closes the one at `pos`; undefined if none does. */
  balancedEnd(pos: number, open: string, close: string): number | undefined {
    let depth = 0;
    for (; pos < this.text.length; pos++) {
      if (this.text[pos] === open) depth++;
      else if (this.text[pos] === close && --depth === 0) return pos + 1;
    }
    return undefined;
  }

  /** Goes on after the block that starts next, whatever it holds; strings and comments are seen as such. */
  skipBlock(): void {
    let depth = 0;
    while (!this.atEnd) {
      const end = this.layoutEnd(this.pos);
      if (end > this.pos) {
        this.pos = end;
        continue;
      }
      const char = this.peek();
      if (char === '"') {
        this.pos = matchEnd(/"(?:[^"\\\n]|\\.)*"?/y, this.text, this.pos);
        continue;
      }
      this.pos++;
      if (char === '{') depth++;
      else if (char === '}' && --depth <= 0) return;
    }
  }
}

export function isWordStart(char: string): boolean {
  return (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_';
}
export function isWordPart(char: string): boolean {
  return isWordStart(char) || isDigit(char);
}
export function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

/** Where the match of a sticky pattern at `start` ends; `start` if it does not match. */
export function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

function lineEnd(text: string, pos: number): number {
  const end = text.indexOf('\n', pos);
  return end < 0 ? text.length : end;
}

function blockCommentEnd(text: string, pos: number): number {
  const end = text.indexOf('*/', pos + 2);
  return end < 0 ? text.length : end + 2;
}
