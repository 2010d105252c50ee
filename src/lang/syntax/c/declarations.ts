/** A C declaration parser for what scripts and headers define: structs, unions, enums, typedefs. */
import type { Diagnostics, Span } from '../../diagnostics/index.ts';
import type { CDefinition, CEnum, CEnumMember, CField, CRecord, CType, CTypedef } from '../ast.ts';
import { canonicalName, sizeOf } from './basic-types.ts';
import { ConstantError, evaluateConstant } from './constant.ts';
import type { CToken } from './lexer.ts';
import { insideParentheses, SyntaxProblem, TokenReader } from './token-reader.ts';

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
const DEFAULT_ALIGNED = 16;

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

/** Of two members of one name only one could be read. */
function refuseDoubles(fields: readonly CField[], names = new Set<string>()): void {
  for (const { name, type, span } of fields) {
    if (name === undefined) {
      // Its members show through.
      if (type.kind === 'c-record') refuseDoubles(type.fields, names);
    } else if (names.has(name)) {
      throw new SyntaxProblem(span, `duplicate member '${name}'`);
    } else {
      names.add(name);
    }
  }
}

class DeclarationParser {
  readonly definitions: CDefinition[] = [];
  readonly #reader: TokenReader;
  readonly #members = new Map<string, bigint>();
  readonly #tags = new Set<string>();

  constructor(tokens: readonly CToken[]) {
    this.#reader = new TokenReader(tokens);
  }

  get atEnd(): boolean {
    return this.#reader.atEnd;
  }
  get place(): number {
    return this.#reader.at;
  }

  /** On after the semicolon or body that ends the declaration that began at `start`. */
  skipDeclaration(start: number): void {
    let depth = 0;
    for (this.#reader.at = start; !this.atEnd; ) {
      const text = this.#reader.next();
      this.#reader.at++;
      if (text === '{' || text === '(' || text === '[') depth++;
      if (text === '}' || text === ')' || text === ']') depth--;
      if (depth > 0) continue;
      if (text === ';') return;
      if (text === '}' && !this.#continuesAfterBrace()) return;
    }
  }

  /** `} name;`, `} *p;`, `} __attribute__` go on; after a function's body the next declaration starts. */
  #continuesAfterBrace(): boolean {
    return this.#reader.next() === ';' || this.#reader.next() === '*' || ATTRIBUTE_WORDS.has(this.#reader.next());
  }

  // Declarations

  /** declaration = specifiers (declarator (',' declarator)*)? (';' | function body) ; a definition may do without its ';'. */
  declaration(): void {
    if (this.#reader.take(';')) return;
    const start = this.#reader.at;
    if (this.#reader.next() === '_Static_assert') this.#reader.fail('assertions are not supported');
    const specifiers = this.#specifiers();
    if (this.#reader.take(';') || this.atEnd) return;
    if (!specifiers.isTypedef && isDefinition(specifiers.type)) return;
    do {
      const declarator = this.#declarator(specifiers.type);
      this.#attributes();
      if (specifiers.isTypedef) this.#typedef(declarator, start);
    } while (this.#reader.take(','));
    if (!specifiers.isTypedef) this.#reader.fail('only struct, union, enum and typedef can be defined here');
    this.#reader.expect(';', 'after the typedef');
  }

  #typedef(declarator: Declarator, start: number): void {
    if (declarator.name === undefined) this.#reader.fail("expected the typedef's name");
    const node: CTypedef = {
      kind: 'c-typedef',
      span: this.#reader.spanFrom(start),
      name: declarator.name,
      type: declarator.type,
    };
    this.definitions.push(node);
  }

  /** specifiers = (qualifier | attribute | 'typedef' | base word | tagged type | typedef name)+ */
  #specifiers(): Specifiers {
    const attributes: Attributes = { packed: false };
    const words: string[] = [];
    const start = this.#reader.at;
    let type: CType | undefined;
    let isTypedef = false;
    for (;;) {
      const token = this.#reader.tokens[this.#reader.at];
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
      this.#reader.at++;
    }
    if (words.length > 0) type = { kind: 'c-base', span: this.#reader.spanFrom(start), name: canonicalName(words) };
    if (!type) this.#reader.fail('expected a type');
    return { type, isTypedef, attributes };
  }

  // Structs, unions, enums

  #tagged(): CType {
    const start = this.#reader.at;
    const tag = this.#reader.next() as 'struct' | 'union' | 'enum';
    this.#reader.at++;
    const attributes: Attributes = { packed: false };
    this.#attributes(attributes);
    const nameSpan = this.#reader.here();
    const name =
      this.#reader.tokens[this.#reader.at]?.kind === 'word' ? this.#reader.tokens[this.#reader.at++]!.text : undefined;
    this.#attributes(attributes);
    if (this.#reader.next() !== '{') {
      if (name === undefined) this.#reader.fail(`expected a name or '{' after '${tag}'`);
      return { kind: 'c-reference', span: this.#reader.spanFrom(start), tag, name };
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
    this.#reader.expect('{');
    const fields: CField[] = [];
    while (!this.#reader.take('}')) {
      if (this.atEnd) this.#reader.fail(`expected '}' at the end of the ${tag}`);
      if (!this.#reader.take(';')) this.#fields(fields);
    }
    refuseDoubles(fields);
    this.#attributes(attributes);
    const { packed, aligned } = attributes;
    const span = this.#reader.spanFrom(start);
    return { kind: 'c-record', span, tag, fields, packed, ...(name && { name }), ...(aligned && { aligned }) };
  }

  /** fields = specifiers (declarator? (':' constant)? (',' …)*)? ';' */
  #fields(fields: CField[]): void {
    const start = this.#reader.at;
    const { type, attributes } = this.#specifiers();
    if (this.#reader.next() === ';' || this.#reader.next() === '}') {
      if (type.kind === 'c-record') fields.push(this.#field(start, { type }, attributes));
    } else {
      do fields.push(this.#field(start, this.#fieldDeclarator(type), attributes));
      while (this.#reader.take(','));
    }
    if (this.#reader.next() !== '}') this.#reader.expect(';', 'after the field');
  }

  #fieldDeclarator(type: CType): Declarator {
    return this.#reader.next() === ':' ? { type } : this.#declarator(type);
  }

  #field(start: number, declarator: Declarator, shared: Attributes): CField {
    const bits = this.#reader.take(':') ? Number(this.#constant([',', ';', '}', '__attribute__'])) : undefined;
    const attributes = { ...shared };
    this.#attributes(attributes);
    const { name, type } = declarator;
    const { aligned } = attributes;
    const span = this.#reader.spanFrom(start);
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
    this.#reader.expect('{');
    const members: CEnumMember[] = [];
    let value = 0n;
    while (!this.#reader.take('}')) {
      const at = this.#reader.at;
      const word = this.#reader.word("expected an enum member's name");
      this.#attributes();
      if (this.#reader.take('=')) value = this.#constant([',', '}']);
      members.push({ kind: 'c-enum-member', span: this.#reader.spanFrom(at), name: word, value });
      this.#members.set(word, value++);
      if (!this.#reader.take(',') && this.#reader.next() !== '}') this.#reader.fail("expected ',' or '}' in the enum");
    }
    this.#attributes();
    return { kind: 'c-enum', span: this.#reader.spanFrom(start), members, ...(name && { name }) };
  }

  // Declarators: the name in the middle, the type built from the inside out

  /** declarator = '*'* (name | '(' declarator ')')? ('[' constant? ']' | '(' … ')')* */
  #declarator(base: CType): Declarator {
    const start = this.#reader.at;
    let type = base;
    for (;;) {
      if (this.#reader.take('*')) type = { kind: 'c-pointer', span: this.#reader.spanFrom(start), to: type };
      else if (QUALIFIERS.has(this.#reader.next())) this.#reader.at++;
      else if (ATTRIBUTE_WORDS.has(this.#reader.next())) this.#attributes();
      else break;
    }
    if (this.#reader.next() === '(' && this.#isNestedDeclarator()) return this.#nestedDeclarator(type);
    const name =
      this.#reader.tokens[this.#reader.at]?.kind === 'word' ? this.#reader.tokens[this.#reader.at++]!.text : undefined;
    const whole = this.#suffixes(type);
    return { type: whole, ...(name !== undefined && { name }) };
  }

  #isNestedDeclarator(): boolean {
    const after = this.#reader.tokens[this.#reader.at + 1]?.text ?? '';
    return after === '*' || after === '(' || after === '^';
  }

  /** `(*name)(…)`: what stands outside the parentheses applies first. */
  #nestedDeclarator(base: CType): Declarator {
    const inside = this.#reader.at + 1;
    this.#reader.skipBalanced('(', ')');
    const outer = this.#suffixes(base);
    const end = this.#reader.at;
    this.#reader.at = inside;
    const declarator = this.#declarator(outer);
    this.#reader.at = end;
    return declarator;
  }

  #suffixes(type: CType): CType {
    const start = this.#reader.at;
    if (this.#reader.next() === '(') {
      this.#reader.skipBalanced('(', ')');
      return { kind: 'c-function', span: this.#reader.spanFrom(start) };
    }
    if (!this.#reader.take('[')) return type;
    const length = this.#reader.next() === ']' ? 0 : Number(this.#constant([']']));
    this.#reader.expect(']');
    const element = this.#suffixes(type);
    return { kind: 'c-array', span: this.#reader.spanFrom(start), element, length };
  }

  // Attributes

  #attributes(into: Attributes = { packed: false }): void {
    for (;;) {
      const word = this.#reader.next();
      if (ATTRIBUTE_WORDS.has(word)) {
        this.#reader.at++;
        const start = this.#reader.at;
        this.#reader.skipBalanced('(', ')');
        this.#readAttributes(this.#reader.tokens.slice(start + 2, this.#reader.at - 2), into);
      } else if (word === '_Alignas') {
        this.#reader.at++;
        const start = this.#reader.at;
        this.#reader.skipBalanced('(', ')');
        into.aligned = Number(this.#evaluate(this.#reader.tokens.slice(start + 1, this.#reader.at - 1)));
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
    const start = this.#reader.at;
    for (let depth = 0; !this.atEnd; this.#reader.at++) {
      if (depth === 0 && ends.includes(this.#reader.next())) break;
      if (this.#reader.next() === '(') depth++;
      else if (this.#reader.next() === ')') depth--;
    }
    return this.#evaluate(this.#reader.tokens.slice(start, this.#reader.at));
  }

  #evaluate(tokens: readonly CToken[]): bigint {
    try {
      return evaluateConstant(tokens, {
        value: (name) => this.#members.get(name),
        sizeOf: (type) => (type.length === 0 ? undefined : new DeclarationParser(type).sizeOfType()),
      });
    } catch (error) {
      if (!(error instanceof ConstantError)) throw error;
      throw new SyntaxProblem(tokens[0]?.span ?? this.#reader.here(), error.message);
    }
  }

  sizeOfType(): bigint | undefined {
    const { type } = this.#declarator(this.#specifiers().type);
    return this.atEnd ? sizeOf(type) : undefined;
  }
}

function isDefinition(type: CType): boolean {
  return type.kind === 'c-record' || type.kind === 'c-enum';
}
