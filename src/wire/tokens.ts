/** Cuts SQL as PostgreSQL writes it into tokens; white space and comments are left out. */
import { SqlFailure } from './messages.ts';

export interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'parameter' | 'sign';
  /** Words in lower case; texts and quoted names without quotes. */
  readonly value: string;
  readonly start: number;
}

const PATTERNS: readonly (readonly [Token['kind'] | 'blank', RegExp])[] = [
  ['blank', /(?:\s+|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)/y],
  ['text', /[eE]?'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'/y],
  ['quoted', /"(?:[^"]|"")*"/y],
  ['parameter', /\$\d{1,5}/y],
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['sign', /::|<=|>=|<>|!=|\|\||!~~|~~|[-+*/%<>=~!|&^(),.;[\]]/y],
];
const PLAIN_TEXT = /'(?:[^']|'')*'/y;

export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length; ) {
    const [kind, text] = next(sql, at);
    if (kind !== 'blank') tokens.push({ kind, value: contentOf(kind, text), start: at });
    at += text.length;
  }
  return tokens;
}

function next(sql: string, at: number): [Token['kind'] | 'blank', string] {
  for (const [kind, given] of PATTERNS) {
    // A backslash is one like any other character, except after E.
    const pattern = kind === 'text' && sql[at] === "'" ? PLAIN_TEXT : given;
    pattern.lastIndex = at;
    const [text] = pattern.exec(sql) ?? [];
    if (text !== undefined) return [kind, text];
  }
  throw new SqlFailure('42601', `syntax error at or near "${sql.slice(at, at + 20)}"`);
}

function contentOf(kind: Token['kind'] | 'blank', text: string): string {
  if (kind === 'word') return text.toLowerCase();
  if (kind === 'quoted') return text.slice(1, -1).replaceAll('""', '"');
  if (kind !== 'text') return text;
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  return text
    .slice(2, -1)
    .replaceAll("''", "'")
    .replace(/\\([\s\S])/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter);
}

/** Statements between semicolons; empty ones are left out. */
export function statementsOf(sql: string): Token[][] {
  const statements: Token[][] = [[]];
  for (const token of tokensOf(sql)) {
    if (token.kind === 'sign' && token.value === ';') statements.push([]);
    else statements.at(-1)!.push(token);
  }
  return statements.filter((tokens) => tokens.length > 0);
}
