/** Cuts C text into tokens, comments and blanks dropped. */
import type { Source, Span } from '../../diagnostics/index.ts';

export type CTokenKind = 'word' | 'number' | 'string' | 'char' | 'mark';

export interface CToken {
  readonly kind: CTokenKind;
  readonly text: string;
  readonly span: Span;
  /** First on its line: a `#` here starts a directive. */
  readonly startsLine: boolean;
  /** Blanks before it: `#define F (x)` is no function. */
  readonly spaced: boolean;
}

const TOKEN =
  /(?<skip>[ \t\r\f\v]+|\\\r?\n|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<line>\n)|(?<word>[A-Za-z_]\w*)|(?<number>\.?[0-9](?:[eEpP][+-]|[\w.])*)|(?<string>"(?:[^"\\\n]|\\.)*"?)|(?<char>'(?:[^'\\\n]|\\.)*'?)|(?<mark><<=|>>=|\.\.\.|->|##|\+\+|--|&&|\|\||[=!<>+\-*/%&|^]=|<<|>>|[\s\S])/y;

const KINDS: readonly CTokenKind[] = ['word', 'number', 'string', 'char', 'mark'];

/** The tokens of `text`, which stands in `source` from `offset` on. */
export function tokenizeC(source: Source, text: string, offset: number): CToken[] {
  const tokens: CToken[] = [];
  let startsLine = true;
  let spaced = false;
  TOKEN.lastIndex = 0;
  for (;;) {
    const start = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) return tokens;
    if (groups.line !== undefined) startsLine = true;
    spaced ||= groups.skip !== undefined || groups.line !== undefined;
    const kind = KINDS.find((candidate) => groups[candidate] !== undefined);
    if (!kind) continue;
    const span = { source, start: offset + start, end: offset + TOKEN.lastIndex };
    tokens.push({ kind, text: groups[kind]!, span, startsLine, spaced });
    startsLine = false;
    spaced = false;
  }
}

/** The text of some tokens with no more blanks than keep words apart. */
export function joinTokens(tokens: readonly CToken[]): string {
  let text = '';
  for (const token of tokens) {
    if (/\w$/.test(text) && /^\w/.test(token.text)) text += ' ';
    text += token.text;
  }
  return text;
}
