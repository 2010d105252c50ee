/** A small C preprocessor: #define, #undef, #include, #if and its kin; macros are expanded in what is left. */
import type { Diagnostics, Source, Span } from '../../diagnostics/index.ts';
import type { CDefine, CInclude } from '../ast.ts';
import { ConstantError, evaluateConstant } from './constant.ts';
import { type CToken, joinTokens, tokenizeC } from './lexer.ts';

/** Finds the text that an #include names; undefined if there is none. */
export type IncludeReader = (path: string, system: boolean, from: Source) => Source | undefined;

export interface CMacro {
  readonly parameters?: readonly string[];
  readonly variadic: boolean;
  readonly body: readonly CToken[];
  readonly span: Span;
}

/** A level of #if: whether its text counts, and whether one of its branches did already. */
interface Condition {
  active: boolean;
  taken: boolean;
  readonly enclosing: boolean;
}

const MOST_INCLUDES = 2000;

export class Preprocessor {
  readonly macros = new Map<string, CMacro>();
  /** What a name was in another text, before the one that is in `macros`. */
  readonly #earlier: (readonly [name: string, macro: CMacro])[] = [];
  /** Files that the reader did not find, to be reported or ignored by the caller. */
  readonly missing: CInclude[] = [];
  readonly #diagnostics: Diagnostics;
  readonly #read: IncludeReader;
  readonly #conditions: Condition[] = [];
  readonly #once = new Set<string>();
  #includes = 0;

  constructor(diagnostics: Diagnostics, read: IncludeReader) {
    this.#diagnostics = diagnostics;
    this.#read = read;
  }

  /** Defines a macro from outside the text, as -D does. */
  define(name: string, value: string): void {
    const source = { name: `<${name}>`, text: value };
    const span = { source, start: 0, end: value.length };
    this.macros.set(name, { variadic: false, body: tokenizeC(source, value, 0), span });
  }

  /** The tokens that are left of `text`, which stands in `source` from `offset` on. */
  process(source: Source, text: string, offset: number): CToken[] {
    const tokens = tokenizeC(source, text, offset);
    const output: CToken[] = [];
    let pending: CToken[] = [];
    for (let i = 0; i < tokens.length; ) {
      const line = lineOf(tokens, i);
      i += line.length;
      if (line[0]!.text !== '#') {
        if (this.#active) pending.push(...line);
        continue;
      }
      output.push(...this.expand(pending));
      pending = [];
      output.push(...this.#directive(line));
    }
    output.push(...this.expand(pending));
    return output;
  }

  /** The macros as they stand at the end of each text, the last text's last, as nodes. */
  defines(): CDefine[] {
    return [...this.#earlier, ...this.macros].map(([name, { parameters, body, span }]) => ({
      kind: 'c-define',
      span,
      name,
      text: joinTokens(body),
      ...(parameters && { parameters }),
    }));
  }

  get #active(): boolean {
    return this.#conditions.at(-1)?.active ?? true;
  }

  #directive(line: readonly CToken[]): CToken[] {
    const name = line[1]?.text ?? '';
    const rest = line.slice(2);
    if (this.#condition(name, rest)) return [];
    if (!this.#active) return [];
    if (name === 'define') this.#define(rest);
    else if (name === 'undef') this.macros.delete(rest[0]?.text ?? '');
    else if (name === 'include' || name === 'include_next') return this.#include(line);
    else if (name === 'error') this.#diagnostics.error(spanOf(line), joinTokens(rest));
    else if (name === 'pragma' && rest[0]?.text === 'once') this.#once.add(line[0]!.span.source.name);
    return [];
  }

  // Conditions

  #condition(name: string, rest: readonly CToken[]): boolean {
    switch (name) {
      case 'if':
        this.#enter(() => this.#test(rest));
        return true;
      case 'ifdef':
        this.#enter(() => this.macros.has(rest[0]?.text ?? ''));
        return true;
      case 'ifndef':
        this.#enter(() => !this.macros.has(rest[0]?.text ?? ''));
        return true;
      case 'elif':
        this.#switch(() => this.#test(rest));
        return true;
      case 'else':
        this.#switch(() => true);
        return true;
      case 'endif':
        this.#conditions.pop();
        return true;
      default:
        return false;
    }
  }

  #enter(test: () => boolean): void {
    const enclosing = this.#active;
    const active = enclosing && test();
    this.#conditions.push({ active, taken: active, enclosing });
  }

  #switch(test: () => boolean): void {
    const condition = this.#conditions.at(-1);
    if (!condition) return;
    condition.active = condition.enclosing && !condition.taken && test();
    condition.taken ||= condition.active;
  }

  /** A condition that cannot be evaluated counts as false: the branch it guards is one we do not understand. */
  #test(tokens: readonly CToken[]): boolean {
    try {
      const value = evaluateConstant(this.expand(this.#replaceDefined(tokens)), {
        value: () => 0n,
        sizeOf: () => undefined,
      });
      return value !== 0n;
    } catch (error) {
      if (error instanceof ConstantError) return false;
      throw error;
    }
  }

  /** `defined X` and `defined(X)` become 1 or 0. */
  #replaceDefined(tokens: readonly CToken[]): CToken[] {
    const replaced: CToken[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      if (token.text !== 'defined') {
        replaced.push(token);
        continue;
      }
      const parenthesis = tokens[i + 1]?.text === '(';
      const name = tokens[i + (parenthesis ? 2 : 1)]?.text ?? '';
      i += parenthesis ? 3 : 1;
      replaced.push({ ...token, kind: 'number', text: this.macros.has(name) ? '1' : '0' });
    }
    return replaced;
  }

  // Definitions and includes

  #define(tokens: readonly CToken[]): void {
    const [name, open] = tokens;
    if (name?.kind !== 'word') return;
    const span = spanOf(tokens);
    if (open?.text !== '(' || open.spaced) {
      this.#set(name.text, { variadic: false, body: tokens.slice(1), span });
      return;
    }
    const close = tokens.findIndex((token) => token.text === ')');
    const inside = close < 0 ? [] : tokens.slice(2, close);
    const variadic = inside.at(-1)?.text === '...';
    const parameters = inside.filter((token) => token.kind === 'word').map((token) => token.text);
    if (variadic) parameters.push('__VA_ARGS__');
    this.#set(name.text, { parameters, variadic, body: tokens.slice(close + 1), span });
  }

  #set(name: string, macro: CMacro): void {
    const before = this.macros.get(name);
    if (before && before.span.source !== macro.span.source) this.#earlier.push([name, before]);
    this.macros.set(name, macro);
  }

  #include(line: readonly CToken[]): CToken[] {
    const rest = this.expand(line.slice(2));
    const span = spanOf(line);
    const text = joinIncludePath(rest, span);
    const match = /^(?:<(.*)>|"(.*)")$/.exec(text);
    if (!match) return [];
    const system = match[1] !== undefined;
    const path = (match[1] ?? match[2])!;
    const source = this.#includes < MOST_INCLUDES ? this.#read(path, system, span.source) : undefined;
    if (!source) {
      this.missing.push({ kind: 'c-include', span, path, system });
      return [];
    }
    if (this.#once.has(source.name)) return [];
    this.#includes++;
    const depth = this.#conditions.length;
    const tokens = this.process(source, source.text, 0);
    this.#conditions.length = depth;
    return tokens;
  }

  // Expansion

  expand(tokens: readonly CToken[], hidden: ReadonlySet<string> = new Set()): CToken[] {
    const output: CToken[] = [];
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      const macro = token.kind === 'word' && !hidden.has(token.text) ? this.macros.get(token.text) : undefined;
      if (!macro) {
        output.push(token);
        continue;
      }
      let body = macro.body;
      if (macro.parameters) {
        const call = tokens[i + 1]?.text === '(' ? readArguments(tokens, i + 1) : undefined;
        if (!call) {
          output.push(token);
          continue;
        }
        body = this.#substitute(macro, call.list, hidden);
        i = call.end;
      }
      const inner = new Set(hidden).add(token.text);
      const placed = pasteTokens(body).map((one) => ({ ...one, span: token.span }));
      output.push(...this.expand(placed, inner));
    }
    return output;
  }

  #substitute(macro: CMacro, list: readonly (readonly CToken[])[], hidden: ReadonlySet<string>): CToken[] {
    const parameters = macro.parameters!;
    const output: CToken[] = [];
    for (const [i, token] of macro.body.entries()) {
      const index = token.kind === 'word' ? parameters.indexOf(token.text) : -1;
      if (index < 0) {
        output.push(token);
        continue;
      }
      const value = argumentAt(macro, list, index);
      const pasted = macro.body[i - 1]?.text === '##' || macro.body[i + 1]?.text === '##';
      output.push(...(pasted ? value : this.expand(value, hidden)));
    }
    return output;
  }
}

function argumentAt(macro: CMacro, list: readonly (readonly CToken[])[], index: number): readonly CToken[] {
  if (!macro.variadic || index < macro.parameters!.length - 1) return list[index] ?? [];
  const comma = list[index]?.[0];
  return list
    .slice(index)
    .flatMap((one, i) => (i === 0 || !comma ? one : [{ ...comma, kind: 'mark', text: ',' }, ...one]));
}

/** The arguments of a macro call whose parenthesis is at `open`. */
function readArguments(tokens: readonly CToken[], open: number): { list: CToken[][]; end: number } | undefined {
  const list: CToken[][] = [[]];
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.text === '(' && depth++ === 0) continue;
    if (token.text === ')' && --depth === 0) return { list, end: i };
    if (token.text === ',' && depth === 1) list.push([]);
    else list.at(-1)!.push(token);
  }
  return undefined;
}

/** Joins what stands on both sides of `##`. */
function pasteTokens(tokens: readonly CToken[]): readonly CToken[] {
  if (!tokens.some((token) => token.text === '##')) return tokens;
  const output: CToken[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const left = output.at(-1);
    const right = tokens[i + 1];
    if (token.text !== '##' || !left) output.push(token);
    else if (right) {
      output[output.length - 1] = { ...left, text: left.text + right.text };
      i++;
    }
  }
  return output;
}

/** The tokens from `start` up to the next that starts a line. */
function lineOf(tokens: readonly CToken[], start: number): CToken[] {
  let end = start + 1;
  while (end < tokens.length && !tokens[end]!.startsLine) end++;
  return tokens.slice(start, end);
}

function spanOf(tokens: readonly CToken[]): Span {
  const [first, last] = [tokens[0]!, tokens.at(-1)!];
  return { source: first.span.source, start: first.span.start, end: last.span.end };
}

/** `<a/b.h>` is several tokens, whose text stands in the source. */
function joinIncludePath(tokens: readonly CToken[], span: Span): string {
  const [first, last] = [tokens[0], tokens.at(-1)];
  if (!first || !last) return '';
  if (first.text !== '<') return first.text;
  return span.source.text.slice(first.span.start, last.span.end).trim();
}
