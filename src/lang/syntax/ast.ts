/** The abstract syntax tree: readonly plain data, told apart by `kind`, with a `span` on every node. */
import type { Span } from '../diagnostics/source.ts';

export interface Program {
  readonly kind: 'program';
  readonly span: Span;
  /** The `#!` line, with its newline. */
  readonly header?: string;
  /** The C part as written: preprocessor lines and struct, union, enum definitions. */
  readonly cSources: readonly CSource[];
  /** What `cSources` define, preprocessed; includes stay in it until the pass that reads files replaces them. */
  readonly definitions: readonly CDefinition[];
  readonly config?: Config;
  readonly imports: readonly Import[];
  readonly maps: readonly MapDeclaration[];
  readonly macros: readonly Macro[];
  readonly functions: readonly Subprogram[];
  readonly probes: readonly Probe[];
  /** Comments in the order of the text, delimiters included. */
  readonly comments: readonly Span[];
}

// Top level

/** `import "x.bt";`, at the top or inside a block. */
export interface Import {
  readonly kind: 'import';
  readonly span: Span;
  readonly path: string;
}

/** `config = { name = value; … }` */
export interface Config {
  readonly kind: 'config';
  readonly span: Span;
  readonly entries: readonly ConfigEntry[];
}
export interface ConfigEntry {
  readonly kind: 'config-entry';
  readonly span: Span;
  readonly name: string;
  /** A bare word (`stack_mode = perf`) is a string too. */
  readonly value: bigint | string | boolean;
}

/** `macro name($v, @m, expr) { … }` */
export interface Macro {
  readonly kind: 'macro';
  /** `macro name` */
  readonly span: Span;
  readonly name: string;
  readonly parameters: readonly MacroParameter[];
  readonly body: Block;
  /** Of the standard library: the script's own macros go before it, and do not change what it calls. */
  readonly standard?: boolean;
}
/** $variable and @map are passed by reference, an identifier stands for the argument's expression. */
export type MacroParameter = Variable | MapReference | Identifier;

/** `fn name($a : type, …) : type { … }`: compiled as a bpf-to-bpf call. */
export interface Subprogram {
  readonly kind: 'subprogram';
  /** `fn name` */
  readonly span: Span;
  readonly name: string;
  readonly parameters: readonly SubprogramParameter[];
  readonly returns: TypeExpression;
  readonly body: Block;
}
export interface SubprogramParameter {
  readonly kind: 'subprogram-parameter';
  readonly span: Span;
  readonly variable: Variable;
  readonly type: TypeExpression;
}

/** `let @m = hash(1024);`, `let @t = task_storage();`, `let @q : { calls: uint64, peak: uint64 max } = percpuhash(64);` */
export interface MapDeclaration {
  readonly kind: 'map-declaration';
  readonly span: Span;
  /** With the `@`. */
  readonly name: string;
  /** hash, lruhash, percpuhash, percpulruhash, task_storage, cgroup_storage … */
  readonly type: string;
  readonly typeSpan: Span;
  readonly maxEntries?: number;
  /** Fields of a record-valued map that the script spells out; else they are inferred from use. */
  readonly fields?: readonly MapField[];
  /** Type of the values: `let @m : struct profile = array(64);` */
  readonly value?: TypeExpression;
}
export interface MapField {
  readonly kind: 'map-field';
  readonly span: Span;
  readonly name: string;
  readonly type: TypeExpression;
  /** How the values of the CPUs become one; absent: sum. */
  readonly merge?: string;
}

export interface Probe {
  readonly kind: 'probe';
  /** The attach points, without predicate and body. */
  readonly span: Span;
  readonly attachPoints: readonly AttachPoint[];
  readonly predicate?: Predicate;
  readonly body: Block;
}
/** `/condition/`: the body runs only where it is true. */
export interface Predicate {
  readonly kind: 'predicate';
  /** With both slashes. */
  readonly span: Span;
  readonly condition: Expression;
}

/** One `name=provider:part:part`; what the parts mean is for the provider to say. */
export interface AttachPoint {
  readonly kind: 'attach-point';
  readonly span: Span;
  /** As written, without the name. */
  readonly raw: string;
  /** The user's own name for it. */
  readonly name?: string;
  /** `raw` split at colons outside quotes, quotes removed; positional parameters stand as `$1` until they are filled in. */
  readonly parts: readonly string[];
}

// Statements

export type Statement =
  | ExpressionStatement
  | Let
  | Assign
  | Discard
  | While
  | Unroll
  | For
  | Break
  | Continue
  | Return
  | Import;

export interface ExpressionStatement {
  readonly kind: 'expression-statement';
  readonly span: Span;
  readonly expression: Expression;
}
/** `let $x;`, `let $x : type = value;` */
export interface Let {
  readonly kind: 'let';
  readonly span: Span;
  /** `let $x` */
  readonly declarationSpan: Span;
  readonly variable: Variable;
  readonly type?: TypeExpression;
  readonly value?: Expression;
}
/** `target = value;`, or with an operator `target += value;` */
export interface Assign {
  readonly kind: 'assign';
  readonly span: Span;
  readonly target: AssignTarget;
  readonly operator?: CompoundOperator;
  /** From the compound operator to the end of the value. */
  readonly operationSpan?: Span;
  readonly value: Expression;
}
/** Fields and elements are targets where programs own the memory: `@q[key].hist[i]`, `$p.calls`. */
export type AssignTarget = Variable | MapReference | MapAccess | FieldAccess | IndexAccess;
/** `_ = value;` */
export interface Discard {
  readonly kind: 'discard';
  readonly span: Span;
  readonly value: Expression;
}
export interface While {
  readonly kind: 'while';
  readonly span: Span;
  readonly condition: Expression;
  readonly body: Block;
}
export interface Unroll {
  readonly kind: 'unroll';
  readonly span: Span;
  readonly count: Expression;
  readonly body: Block;
}
/** `for ($kv : @map) { … }`, `for ($i : from..to) { … }` */
export interface For {
  readonly kind: 'for';
  readonly span: Span;
  readonly variable: Variable;
  readonly over: MapReference | Range;
  readonly body: Block;
}
/** `from..to`: `to` is not included. */
export interface Range {
  readonly kind: 'range';
  readonly span: Span;
  readonly from: Expression;
  readonly to: Expression;
}
export interface Break {
  readonly kind: 'break';
  readonly span: Span;
}
export interface Continue {
  readonly kind: 'continue';
  readonly span: Span;
}
export interface Return {
  readonly kind: 'return';
  readonly span: Span;
  readonly value?: Expression;
}

// Expressions

export type Expression =
  | IntegerLiteral
  | BooleanLiteral
  | StringLiteral
  | Identifier
  | Builtin
  | PositionalParameter
  | PositionalCount
  | Variable
  | MapReference
  | MapAccess
  | AddressOf
  | Call
  | Sizeof
  | Offsetof
  | Typeinfo
  | Comptime
  | FieldAccess
  | TupleAccess
  | IndexAccess
  | Cast
  | Unary
  | IncrementDecrement
  | Binary
  | If
  | Block
  | Tuple
  | RecordExpression;

export interface IntegerLiteral {
  readonly kind: 'integer';
  readonly span: Span;
  /** 0 … 2^64-1 as written (durations in nanoseconds); folding also makes negative ones. */
  readonly value: bigint;
  /** As written: `0x1F`, `1_000`, `1e6`, `5ms`; absent when a pass made it. */
  readonly text?: string;
  /** u, l, ll, ul, ull, or a unit of time: ns us ms s m h d. */
  readonly suffix?: string;
}
export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly span: Span;
  readonly value: boolean;
}
export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  /** The bytes it denotes, one character (0 … 255) each: text as UTF-8, escapes resolved. `Buffer.from(value, 'latin1')`. */
  readonly value: string;
}
/** A word that the parser does not know: an enum member, a #define, a macro without parentheses, a type name in sizeof. */
export interface Identifier {
  readonly kind: 'identifier';
  readonly span: Span;
  readonly name: string;
}
/** A word that always means a builtin: args, ctx, pid, tid, nsecs, kstack, ustack, arg0 …, __builtin_comm … */
export interface Builtin {
  readonly kind: 'builtin';
  readonly span: Span;
  readonly name: string;
}
/** `$1` */
export interface PositionalParameter {
  readonly kind: 'positional-parameter';
  readonly span: Span;
  readonly index: number;
}
/** `$#` */
export interface PositionalCount {
  readonly kind: 'positional-count';
  readonly span: Span;
}
export interface Variable {
  readonly kind: 'variable';
  readonly span: Span;
  /** With the `$`. A macro's own variables get a name no script can write. */
  readonly name: string;
}
/** A whole map, or the one value of a map without keys. */
export interface MapReference {
  readonly kind: 'map';
  readonly span: Span;
  /** With the `@`; `@` alone is the anonymous map. */
  readonly name: string;
}
/** `@m[a, b]`: several keys are one tuple. */
export interface MapAccess {
  readonly kind: 'map-access';
  readonly span: Span;
  readonly map: MapReference;
  readonly key: Expression;
}
export interface AddressOf {
  readonly kind: 'address-of';
  readonly span: Span;
  readonly of: AssignTarget;
}
export interface Call {
  readonly kind: 'call';
  readonly span: Span;
  readonly name: string;
  readonly nameSpan: Span;
  readonly arguments: readonly Expression[];
}
/** The operand of sizeof, offsetof and typeinfo: an identifier expression may turn out to name a type. */
export type TypeOrExpression = TypeExpression | Expression;
export interface Sizeof {
  readonly kind: 'sizeof';
  readonly span: Span;
  readonly of: TypeOrExpression;
}
/** `offsetof(struct s, a.b)` */
export interface Offsetof {
  readonly kind: 'offsetof';
  readonly span: Span;
  readonly of: TypeOrExpression;
  readonly path: readonly string[];
}
export interface Typeinfo {
  readonly kind: 'typeinfo';
  readonly span: Span;
  readonly of: TypeOrExpression;
}
/** `comptime e`: must be known when the script is compiled; `comptime if` drops the branch not taken unchecked. */
export interface Comptime {
  readonly kind: 'comptime';
  readonly span: Span;
  readonly expression: Expression;
}
/** `e.name` and `e->name` mean the same; the arrow is kept for printing. */
export interface FieldAccess {
  readonly kind: 'field';
  readonly span: Span;
  readonly object: Expression;
  readonly name: string;
  readonly nameSpan: Span;
  readonly arrow: boolean;
}
/** `e.0` */
export interface TupleAccess {
  readonly kind: 'tuple-access';
  readonly span: Span;
  readonly object: Expression;
  readonly index: number;
}
/** `e[i]` on anything but a map. */
export interface IndexAccess {
  readonly kind: 'index';
  readonly span: Span;
  readonly object: Expression;
  readonly index: Expression;
}
export interface Cast {
  readonly kind: 'cast';
  /** `(type)` */
  readonly span: Span;
  readonly type: TypeExpression;
  readonly value: Expression;
}

export type UnaryOperator = '*' | '-' | '!' | '~';
export interface Unary {
  readonly kind: 'unary';
  readonly span: Span;
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}
export interface IncrementDecrement {
  readonly kind: 'increment';
  readonly span: Span;
  readonly operator: '++' | '--';
  readonly prefix: boolean;
  readonly target: AssignTarget;
}
export type CompoundOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type BinaryOperator = CompoundOperator | '&&' | '||' | '==' | '!=' | '<' | '<=' | '>' | '>=';
export interface Binary {
  readonly kind: 'binary';
  readonly span: Span;
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
/** if, ?: and the short `a ?: b`, where `then` is the same object as `condition`. */
export interface If {
  readonly kind: 'if';
  readonly span: Span;
  readonly form: 'if' | 'ternary' | 'short';
  readonly condition: Expression;
  /** A block for `form: 'if'`. */
  readonly then: Expression;
  /** For `form: 'if'` a block, an If, or absent. */
  readonly else?: Expression;
}
/** `{ statements; value }`; without a value it is only a statement. */
export interface Block {
  readonly kind: 'block';
  readonly span: Span;
  readonly statements: readonly Statement[];
  readonly value?: Expression;
}
/** `(a, b)`, `(a,)`, `()` */
export interface Tuple {
  readonly kind: 'tuple';
  readonly span: Span;
  readonly items: readonly Expression[];
}
/** `(a=1, b=2)` */
export interface RecordExpression {
  readonly kind: 'record';
  readonly span: Span;
  readonly fields: readonly RecordField[];
}
export interface RecordField {
  readonly kind: 'record-field';
  readonly span: Span;
  readonly name: string;
  readonly value: Expression;
}

// Types as the language writes them

export type TypeExpression = NamedType | TaggedType | PointerType | ArrayType | TypeofType;

/** int32, string, a typedef … */
export interface NamedType {
  readonly kind: 'named-type';
  readonly span: Span;
  readonly name: string;
}
/** `struct task_struct`, `union u`, `enum e` */
export interface TaggedType {
  readonly kind: 'tagged-type';
  readonly span: Span;
  readonly tag: 'struct' | 'union' | 'enum';
  readonly name: string;
}
export interface PointerType {
  readonly kind: 'pointer-type';
  readonly span: Span;
  readonly to: TypeExpression;
}
/** `int32[4]`, `string[64]`; without a length `int32[]`. */
export interface ArrayType {
  readonly kind: 'array-type';
  readonly span: Span;
  readonly element: TypeExpression;
  readonly length?: number;
}
/** `typeof(e)`, where e is an expression or a type. */
export interface TypeofType {
  readonly kind: 'typeof-type';
  readonly span: Span;
  readonly of: TypeOrExpression;
}

// C definitions

/** One preprocessor line, or one definition with its attributes. */
export interface CSource {
  readonly kind: 'c-source';
  readonly span: Span;
  readonly text: string;
}

export type CDefinition = CDefine | CInclude | CRecord | CEnum | CTypedef;

/** `#define NAME text`; function-like macros have parameters. */
export interface CDefine {
  readonly kind: 'c-define';
  readonly span: Span;
  readonly name: string;
  readonly parameters?: readonly string[];
  readonly text: string;
}
/** `#include <x.h>` or `"x.h"` */
export interface CInclude {
  readonly kind: 'c-include';
  readonly span: Span;
  readonly path: string;
  readonly system: boolean;
}
export interface CRecord {
  readonly kind: 'c-record';
  readonly span: Span;
  readonly tag: 'struct' | 'union';
  /** Absent: anonymous. */
  readonly name?: string;
  readonly fields: readonly CField[];
  readonly packed: boolean;
  /** Least alignment in bytes, from an attribute. */
  readonly aligned?: number;
}
export interface CField {
  readonly kind: 'c-field';
  readonly span: Span;
  /** Absent: an anonymous struct or union whose members show through, or an unnamed bitfield. */
  readonly name?: string;
  readonly type: CType;
  readonly bits?: number;
  readonly aligned?: number;
}
export interface CEnum {
  readonly kind: 'c-enum';
  readonly span: Span;
  readonly name?: string;
  readonly members: readonly CEnumMember[];
}
export interface CEnumMember {
  readonly kind: 'c-enum-member';
  readonly span: Span;
  readonly name: string;
  readonly value: bigint;
}
export interface CTypedef {
  readonly kind: 'c-typedef';
  readonly span: Span;
  readonly name: string;
  readonly type: CType;
}

export type CType = CBaseType | CReference | CPointer | CArray | CFunction | CRecord | CEnum;

/** A basic type in its canonical spelling ("unsigned long"), or a typedef's name. */
export interface CBaseType {
  readonly kind: 'c-base';
  readonly span: Span;
  readonly name: string;
}
/** `struct s` without a body. */
export interface CReference {
  readonly kind: 'c-reference';
  readonly span: Span;
  readonly tag: 'struct' | 'union' | 'enum';
  readonly name: string;
}
export interface CPointer {
  readonly kind: 'c-pointer';
  readonly span: Span;
  readonly to: CType;
}
export interface CArray {
  readonly kind: 'c-array';
  readonly span: Span;
  readonly element: CType;
  /** 0 for a flexible array. */
  readonly length: number;
}
/** Only ever behind a pointer. */
export interface CFunction {
  readonly kind: 'c-function';
  readonly span: Span;
}

export type Node =
  | Program
  | Import
  | Config
  | ConfigEntry
  | Macro
  | Subprogram
  | SubprogramParameter
  | MapDeclaration
  | MapField
  | Probe
  | Predicate
  | AttachPoint
  | CSource
  | Statement
  | Range
  | Expression
  | RecordField
  | TypeExpression
  | CDefinition
  | CField
  | CEnumMember
  | CType;
export type Kind = Node['kind'];
export type NodeOf<K extends Kind> = Extract<Node, { readonly kind: K }>;
