/** A C declaration parser for what scripts and headers define: structs, unions, enums, typedefs. */
import type { Diagnostics, Span } from '../../diagnostics/index.ts';
import type { CDefinition, CEnum, CEnumMember, CField, CRecord, CType, CTypedef } from '../ast.ts';
import { ConstantError, evaluateConstant } from './constant.ts';
import type { CToken } from './lexer.ts';

export interface DeclarationOptions {
  /** Tokens of these sources are the script's own: what is wrong in them is an error. Elsewhere it is skipped. */
  isStrict(span: Span): boolean;
}

/** Attributes that change layout. */
interface Attributes {
  packed: boolean;
  aligned?: number;
}

interface Specifiers {
  readonly type: CType;
  readonly isTypedef: boolean;
  readonly attributes: Attributes;
}

interface Declarator {
  readonly name?: string;
  readonly type: CType;
}

class SyntaxProblem extends Error {
  readonly span: Span;
  constructor(span: Span, message: string) {
    super(message);
    this.span = span;
  }
}

const QUALIFIERS = new Set(
  'const volatile restrict __restrict __restrict__ __const __volatile__ static extern inline __inline __inline__ register auto _Atomic _Noreturn __extension__'.split(
    ' ',
  ),
);
const ATTRIBUTE_WORDS = new Set(['__attribute__', '__attribute']);
const BASE_WORDS = new Set(
  'void char short int long float double unsigned signed __signed__ _Bool bool __int128 __int128_t _Complex'.split(' '),
);
const TAGS = new Set(['struct', 'union', 'enum']);
const POINTER_BYTES = 8n;
const DEFAULT_ALIGNED = 16;

/** Bytes of the basic types on 64-bit Linux, for sizeof in array lengths. */
const SIZES: Readonly<Record<string, bigint>> = {
  char: 1n,
  'signed char': 1n,
  'unsigned char': 1n,
  _Bool: 1n,
  short: 2n,
  'unsigned short': 2n,
  int: 4n,
  'unsigned int': 4n,
  float: 4n,
  long: 8n,
  'unsigned long': 8n,
  'long long': 8n,
  'unsigned long long': 8n,
  double: 8n,
};

/** The definitions among the tokens, nested named ones before what they are nested in. */
export function parseDeclarations(
  tokens: readonly CToken[],
  diagnostics: Diagnostics,
  options: DeclarationOptions,
): CDefinition[] {
  const parser = new DeclarationParser(tokens);
  while (!parser.atEnd) {
    const start = parser.place;
    try {
      parser.declaration();
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem)) throw problem;
      if (options.isStrict(problem.span)) diagnostics.error(problem.span, `syntax: ${problem.message}`);
      parser.skipDeclaration(start);
    }
  }
  return parser.definitions;
}

class DeclarationParser {
  readonly definitions: CDefinition[] = [];
  readonly #tokens: readonly CToken[];
  readonly #members = new Map<string, bigint>();
  readonly #tags = new Set<string>();
  #at = 0;

  constructor(tokens: readonly CToken[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }
  get place(): number {
    return this.#at;
  }

  /** On after the semicolon or body that ends the declaration that began at `start`. */
  skipDeclaration(start: number): void {
    let depth = 0;
    for (this.#at = start; !this.atEnd; ) {
      const text = this.#next();
      this.#at++;
      if (text === '{' || text === '(' || text === '[') depth++;
      if (text === '}' || text === ')' || text === ']') depth--;
      if (depth > 0) continue;
      if (text === ';') return;
      if (text === '}' && !this.#continuesAfterBrace()) return;
    }
  }

  /** `} name;`, `} *p;`, `} __attribute__` go on; after a function's body the next declaration starts. */
  #continuesAfterBrace(): boolean {
    return this.#next() === ';' || this.#next() === '*' || ATTRIBUTE_WORDS.has(this.#next());
  }

  // Declarations

  /** declaration = specifiers (declarator (',' declarator)*)? (';' | function body) ; a definition may do without its ';'. */
  declaration(): void {
    if (this.#take(';')) return;
    const start = this.#at;
    if (this.#next() === '_Static_assert') this.#fail('assertions are not supported');
    const specifiers = this.#specifiers();
    if (this.#take(';') || this.atEnd) return;
    if (!specifiers.isTypedef && isDefinition(specifiers.type)) return;
    do {
      const declarator = this.#declarator(specifiers.type);
      this.#attributes();
      if (specifiers.isTypedef) this.#typedef(declarator, start);
    } while (this.#take(','));
    if (!specifiers.isTypedef) this.#fail('only struct, union, enum and typedef can be defined here');
    this.#expect(';', 'after the typedef');
  }

  #typedef(declarator: Declarator, start: number): void {
    if (declarator.name === undefined) this.#fail("expected the typedef's name");
    const node: CTypedef = {
      kind: 'c-typedef',
      span: this.#spanFrom(start),
      name: declarator.name,
      type: declarator.type,
    };
    this.definitions.push(node);
  }

  /** specifiers = (qualifier | attribute | 'typedef' | base word | tagged type | typedef name)+ */
  #specifiers(): Specifiers {
    const attributes: Attributes = { packed: false };
    const words: string[] = [];
    const start = this.#at;
    let type: CType | undefined;
    let isTypedef = false;
    for (;;) {
      const token = this.#tokens[this.#at];
      const text = token?.text ?? '';
      if (text === 'typedef') isTypedef = true;
      else if (TAGS.has(text) && !type) {
        type = this.#tagged();
        continue;
      } else if (ATTRIBUTE_WORDS.has(text) || text === '_Alignas') {
        this.#attributes(attributes);
        continue;
      } else if (BASE_WORDS.has(text) && !type) words.push(text);
      else if (!QUALIFIERS.has(text)) {
        if (token?.kind !== 'word' || type || words.length > 0) break;
        type = { kind: 'c-base', span: token.span, name: text };
      }
      this.#at++;
    }
    if (words.length > 0) type = { kind: 'c-base', span: this.#spanFrom(start), name: canonicalName(words) };
    if (!type) this.#fail('expected a type');
    return { type, isTypedef, attributes };
  }

  // Structs, unions, enums

  #tagged(): CType {
    const start = this.#at;
    const tag = this.#next() as 'struct' | 'union' | 'enum';
    this.#at++;
    const attributes: Attributes = { packed: false };
    this.#attributes(attributes);
    const nameSpan = this.#here();
    const name = this.#tokens[this.#at]?.kind === 'word' ? this.#tokens[this.#at++]!.text : undefined;
    this.#attributes(attributes);
    if (this.#next() !== '{') {
      if (name === undefined) this.#fail(`expected a name or '{' after '${tag}'`);
      return { kind: 'c-reference', span: this.#spanFrom(start), tag, name };
    }
    const node = tag === 'enum' ? this.#enum(name, start) : this.#record(tag, name, start, attributes);
    if (name !== undefined) this.#declareTag(`${tag} ${name}`, nameSpan);
    if (name !== undefined || tag === 'enum') this.definitions.push(node);
    return node;
  }

  #declareTag(tag: string, span: Span): void {
    if (this.#tags.has(tag)) throw new SyntaxProblem(span, `redefinition of '${tag}'`);
    this.#tags.add(tag);
  }

  #record(tag: 'struct' | 'union', name: string | undefined, start: number, attributes: Attributes): CRecord {
    this.#expect('{');
    const fields: CField[] = [];
    while (!this.#take('}')) {
      if (this.atEnd) this.#fail(`expected '}' at the end of the ${tag}`);
      if (!this.#take(';')) this.#fields(fields);
    }
    this.#attributes(attributes);
    const { packed, aligned } = attributes;
    const span = this.#spanFrom(start);
    return { kind: 'c-record', span, tag, fields, packed, ...(name && { name }), ...(aligned && { aligned }) };
  }

  /** fields = specifiers (declarator? (':' constant)? (',' …)*)? ';' */
  #fields(fields: CField[]): void {
    const start = this.#at;
    const { type, attributes } = this.#specifiers();
    if (this.#next() === ';' || this.#next() === '}') {
      if (type.kind === 'c-record') fields.push(this.#field(start, { type }, attributes));
    } else {
      do fields.push(this.#field(start, this.#fieldDeclarator(type), attributes));
      while (this.#take(','));
    }
    if (this.#next() !== '}') this.#expect(';', 'after the field');
  }

  #fieldDeclarator(type: CType): Declarator {
    return this.#next() === ':' ? { type } : this.#declarator(type);
  }

  #field(start: number, declarator: Declarator, shared: Attributes): CField {
    const bits = this.#take(':') ? Number(this.#constant([',', ';', '}', '__attribute__'])) : undefined;
    const attributes = { ...shared };
    this.#attributes(attributes);
    const { name, type } = declarator;
    const { aligned } = attributes;
    const span = this.#spanFrom(start);
    return {
      kind: 'c-field',
      span,
      type,
      ...(name !== undefined && { name }),
      ...(bits !== undefined && { bits }),
      ...(aligned !== undefined && { aligned }),
    };
  }

  #enum(name: string | undefined, start: number): CEnum {
    this.#expect('{');
    const members: CEnumMember[] = [];
    let value = 0n;
    while (!this.#take('}')) {
      const at = this.#at;
      const word = this.#word("expected an enum member's name");
      this.#attributes();
      if (this.#take('=')) value = this.#constant([',', '}']);
      members.push({ kind: 'c-enum-member', span: this.#spanFrom(at), name: word, value });
      this.#members.set(word, value++);
      if (!this.#take(',') && this.#next() !== '}') this.#fail("expected ',' or '}' in the enum");
    }
    this.#attributes();
    return { kind: 'c-enum', span: this.#spanFrom(start), members, ...(name && { name }) };
  }

  // Declarators: the name in the middle, the type built from the inside out

  /** declarator = '*'* (name | '(' declarator ')')? ('[' constant? ']' | '(' … ')')* */
  #declarator(base: CType): Declarator {
    const start = this.#at;
    let type = base;
    for (;;) {
      if (this.#take('*')) type = { kind: 'c-pointer', span: this.#spanFrom(start), to: type };
      else if (QUALIFIERS.has(this.#next())) this.#at++;
      else if (ATTRIBUTE_WORDS.has(this.#next())) this.#attributes();
      else break;
    }
    if (this.#next() === '(' && this.#isNestedDeclarator()) return this.#nestedDeclarator(type);
    const name = this.#tokens[this.#at]?.kind === 'word' ? this.#tokens[this.#at++]!.text : undefined;
    const whole = this.#suffixes(type);
    return { type: whole, ...(name !== undefined && { name }) };
  }

  #isNestedDeclarator(): boolean {
    const after = this.#tokens[this.#at + 1]?.text ?? '';
    return after === '*' || after === '(' || after === '^';
  }

  /** `(*name)(…)`: what stands outside the parentheses applies first. */
  #nestedDeclarator(base: CType): Declarator {
    const inside = this.#at + 1;
    this.#skipBalanced('(', ')');
    const outer = this.#suffixes(base);
    const end = this.#at;
    this.#at = inside;
    const declarator = this.#declarator(outer);
    this.#at = end;
    return declarator;
  }

  #suffixes(type: CType): CType {
    const start = this.#at;
    if (this.#next() === '(') {
      this.#skipBalanced('(', ')');
      return { kind: 'c-function', span: this.#spanFrom(start) };
    }
    if (!this.#take('[')) return type;
    const length = this.#next() === ']' ? 0 : Number(this.#constant([']']));
    this.#expect(']');
    const element = this.#suffixes(type);
    return { kind: 'c-array', span: this.#spanFrom(start), element, length };
  }

  // Attributes

  #attributes(into: Attributes = { packed: false }): void {
    for (;;) {
      const word = this.#next();
      if (ATTRIBUTE_WORDS.has(word)) {
        this.#at++;
        const start = this.#at;
        this.#skipBalanced('(', ')');
        this.#readAttributes(this.#tokens.slice(start + 2, this.#at - 2), into);
      } else if (word === '_Alignas') {
        this.#at++;
        const start = this.#at;
        this.#skipBalanced('(', ')');
        into.aligned = Number(this.#evaluate(this.#tokens.slice(start + 1, this.#at - 1)));
      } else {
        return;
      }
    }
  }

  #readAttributes(tokens: readonly CToken[], into: Attributes): void {
    for (const [i, token] of tokens.entries()) {
      const name = token.text.replaceAll('__', '');
      if (name === 'packed') into.packed = true;
      if (name !== 'aligned') continue;
      const argument = insideParentheses(tokens, i + 1);
      into.aligned = argument.length === 0 ? DEFAULT_ALIGNED : Number(this.#evaluate(argument));
    }
  }

  // Constants

  /** The constant up to one of the marks, at the same depth of parentheses. */
  #constant(ends: readonly string[]): bigint {
    const start = this.#at;
    for (let depth = 0; !this.atEnd; this.#at++) {
      if (depth === 0 && ends.includes(this.#next())) break;
      if (this.#next() === '(') depth++;
      else if (this.#next() === ')') depth--;
    }
    return this.#evaluate(this.#tokens.slice(start, this.#at));
  }

  #evaluate(tokens: readonly CToken[]): bigint {
    try {
      return evaluateConstant(tokens, {
        value: (name) => this.#members.get(name),
        sizeOf: (type) => (type.length === 0 ? undefined : new DeclarationParser(type).sizeOfType()),
      });
    } catch (error) {
      if (!(error instanceof ConstantError)) throw error;
      throw new SyntaxProblem(tokens[0]?.span ?? this.#here(), error.message);
    }
  }

  sizeOfType(): bigint | undefined {
    const { type } = this.#declarator(this.#specifiers().type);
    return this.atEnd ? sizeOf(type) : undefined;
  }

  // Tokens

  #next(): string {
    return this.#tokens[this.#at]?.text ?? '';
  }

  #take(text: string): boolean {
    if (this.#next() !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string, where = ''): void {
    if (!this.#take(text)) this.#fail(`expected '${text}'${where && ` ${where}`}`);
  }

  #word(message: string): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word') this.#fail(message);
    this.#at++;
    return token.text;
  }

  #skipBalanced(open: string, close: string): void {
    let depth = 0;
    do {
      if (this.#next() === open) depth++;
      else if (this.#next() === close) depth--;
      if (this.atEnd) this.#fail(`expected '${close}'`);
      this.#at++;
    } while (depth > 0);
  }

  #here(): Span {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1)!;
    return token.span;
  }

  /** Tokens of one declaration can come from several files: the span stays in the first's. */
  #spanFrom(start: number): Span {
    const first = (this.#tokens[start] ?? this.#tokens.at(-1)!).span;
    const last = (this.#tokens[Math.max(start, this.#at - 1)] ?? this.#tokens.at(-1)!).span;
    return { source: first.source, start: first.start, end: last.source === first.source ? last.end : first.end };
  }

  #fail(message: string): never {
    throw new SyntaxProblem(this.#here(), message);
  }
}

/** The tokens between the parenthesis at `open` and the one that closes it; none if there is none. */
function insideParentheses(tokens: readonly CToken[], open: number): readonly CToken[] {
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

function isDefinition(type: CType): boolean {
  return type.kind === 'c-record' || type.kind === 'c-enum';
}

/** One spelling for each basic type, whatever the order of its words: `long unsigned int` is "unsigned long". */
function canonicalName(words: readonly string[]): string {
  const has = (word: string) => words.includes(word);
  const unsigned = has('unsigned') ? 'unsigned ' : '';
  const longs = words.filter((word) => word === 'long').length;
  if (has('char')) return unsigned ? 'unsigned char' : has('signed') ? 'signed char' : 'char';
  if (has('short')) return `${unsigned}short`;
  if (has('double')) return longs > 0 ? 'long double' : 'double';
  if (has('__int128')) return `${unsigned}__int128`;
  if (longs > 0) return unsigned + 'long '.repeat(longs).trimEnd();
  const other = words.find((word) => !['int', 'unsigned', 'signed', '__signed__', '_Complex'].includes(word));
  if (other) return other === 'bool' ? '_Bool' : other;
  return `${unsigned}int`;
}

function sizeOf(type: CType): bigint | undefined {
  if (type.kind === 'c-pointer') return POINTER_BYTES;
  if (type.kind === 'c-base') return SIZES[type.name];
  if (type.kind === 'c-enum' || (type.kind === 'c-reference' && type.tag === 'enum')) return SIZES.int;
  if (type.kind !== 'c-array') return undefined;
  const element = sizeOf(type.element);
  return element === undefined ? undefined : element * BigInt(type.length);
}
