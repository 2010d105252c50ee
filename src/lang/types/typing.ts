/** What inference knows and fills in: types of maps, variables and nodes; shared by all expression rules. */
import { type DiagnosticExtras, type Diagnostics, didYouMean, type Span } from '../diagnostics/index.ts';
import type { CompileHost } from '../host.ts';
import type { ProbePoint } from '../probes/index.ts';
import type { Settings } from '../settings.ts';
import type { Block, Call, Expression, MapDeclaration, Node, Probe, Subprogram } from '../syntax/ast.ts';
import { promote } from './promote.ts';
import { sameType, type Type, type TypeKind, typeName } from './type.ts';
import type { TypeSpace } from './type-space.ts';

/** One piece of code that becomes a function: a probe's body for points of one shape, or a subprogram. */
export type Unit =
  | {
      readonly kind: 'probe';
      readonly probe: Probe;
      readonly points: readonly [ProbePoint, ...ProbePoint[]];
      /** Its code asks which of the points fired. */
      readonly asksWhich?: boolean;
    }
  | { readonly kind: 'function'; readonly subprogram: Subprogram };

/** A scratch variable, one for each declaration. */
export interface Scratch {
  readonly name: string;
  /** Where it comes from: "initial declaration" … */
  readonly origin: { readonly what: Origin; readonly span: Span };
  type?: Type;
  /** Declared with a type: assignments are converted, never widen it. */
  fixed: boolean;
  /** Its address is taken, or a callback reads it: it lives in memory. */
  inMemory: boolean;
}

export type Origin = 'initial declaration' | 'initial assignment' | 'function parameter' | 'loop variable';

export interface MapTyping {
  readonly name: string;
  /** In the order of their first mention. */
  readonly index: number;
  readonly span: Span;
  readonly declaration?: MapDeclaration;
  key?: Type;
  value?: Type;
  /** Used without a key. */
  scalar?: boolean;
  fixedValue?: boolean;
  /** Assigned or incremented somewhere: what nothing else types is then an integer. */
  written: boolean;
  /** A loop walks over it. */
  iterated: boolean;
}

export interface FunctionTyping {
  readonly subprogram: Subprogram;
  parameters: (Type | undefined)[];
  returns: Type | undefined;
}

/** Everything about one unit. */
export interface TypeTable {
  readonly types: Map<Node, Type>;
  readonly symbols: Map<Node, Scratch>;
  /** Variables from outside that the callbacks of loops over maps use. */
  readonly captured: Map<Node, Set<Scratch>>;
  /** Values of what is known when compiling, where a rule needed one. */
  readonly taken: Map<Node, Expression | undefined>;
}

export const newTable = (): TypeTable => ({
  types: new Map(),
  symbols: new Map(),
  captured: new Map(),
  taken: new Map(),
});

export type Constant = bigint | string | boolean;

/** The tables of builtins and functions, as far as typing needs them. */
export interface Library {
  builtin(name: string): TypedBuiltin | undefined;
  function(name: string): TypedFunction | undefined;
  aggregate(name: string): TypedAggregate | undefined;
  /** All names, for did-you-mean. */
  names(): readonly string[];
}
export interface TypedBuiltin {
  type(t: Typing, node: Node): Type | undefined;
  constant?(t: Typing): Constant | undefined;
}
export interface TypedFunction {
  readonly arguments: readonly [least: number, most: number];
  /** What the arguments at these places are, when not values: bare words, or whole maps. */
  readonly raw?: (argument: Expression, index: number) => boolean;
  type(call: Call, t: Typing): Type | undefined;
  constant?(call: Call, t: Typing): Constant | undefined;
}
export interface TypedAggregate {
  readonly arguments: readonly [least: number, most: number];
  type(call: Call, t: Typing): Type | undefined;
}

/** Shared by the units of one script. */
export class ScriptTyping {
  readonly space: TypeSpace;
  readonly host: CompileHost;
  readonly settings: Settings;
  readonly diagnostics: Diagnostics;
  readonly defines: ReadonlyMap<string, Constant>;
  readonly library: Library;
  /** The rule for blocks, handed in because statements and expressions contain each other. */
  readonly inferBlock: (node: Block, t: Typing) => Type | undefined;
  /** The rule for expressions, for keys inside a map access and operands of typeof. */
  readonly infer: (node: Expression, t: Typing) => Type | undefined;
  readonly maps = new Map<string, MapTyping>();
  readonly functions = new Map<string, FunctionTyping>();
  readonly declarations = new Map<string, MapDeclaration>();
  /** Names of the variables of all probes and functions. */
  readonly variables = new Set<string>();
  /** Something grew in this sweep: another one is needed. */
  changed = false;
  /** Types stand: rules now report what is wrong. */
  final = false;
  readonly #reported = new Set<string>();

  constructor(parts: {
    space: TypeSpace;
    host: CompileHost;
    settings: Settings;
    diagnostics: Diagnostics;
    defines: ReadonlyMap<string, Constant>;
    library: Library;
    inferBlock: (node: Block, t: Typing) => Type | undefined;
    infer: (node: Expression, t: Typing) => Type | undefined;
  }) {
    this.space = parts.space;
    this.host = parts.host;
    this.settings = parts.settings;
    this.diagnostics = parts.diagnostics;
    this.defines = parts.defines;
    this.library = parts.library;
    this.inferBlock = parts.inferBlock;
    this.infer = parts.infer;
  }

  /** Once for a place, however many units share the body. */
  error(span: Span, message: string, extras?: DiagnosticExtras): undefined {
    if (this.#first(span, message)) this.diagnostics.error(span, message, extras);
    return undefined;
  }

  warning(span: Span, message: string, extras?: DiagnosticExtras): void {
    if (this.#first(span, message)) this.diagnostics.warning(span, message, extras);
  }

  #first(span: Span, message: string): boolean {
    if (!this.final) return false;
    const key = `${span.start}-${span.end}-${message}`;
    if (this.#reported.has(key)) return false;
    this.#reported.add(key);
    return true;
  }

  map(name: string, span: Span): MapTyping {
    let map = this.maps.get(name);
    if (map === undefined) {
      const declaration = this.declarations.get(name);
      map = { name, index: this.maps.size, span, written: false, iterated: false, ...(declaration && { declaration }) };
      this.maps.set(name, map);
      this.changed = true;
    }
    return map;
  }

  /** Top-k maps give their keys to others at any time: they are printed, not asked. */
  isReadable({ name, declaration }: MapTyping, span: Span): boolean {
    if (declaration?.type !== 'topk') return true;
    this.error(span, `${name} is a topk map: programs add to it, and only print(), clear() and zero() read it`);
    return false;
  }

  /** Widens `current` by `next`; undefined and a report through `mismatch` when they do not go together. */
  grow(current: Type | undefined, next: Type, mismatch: () => void): Type | undefined {
    const grown = promote(current, next);
    if (grown === undefined) {
      if (this.final) mismatch();
      return current;
    }
    if (current === undefined || !sameExactly(current, grown)) this.changed = true;
    return grown;
  }
}

/** Also the passing properties of integers that inference still moves. */
export function sameExactly(a: Type, b: Type): boolean {
  if (!sameType(a, b)) return false;
  if (a.kind === 'int' && b.kind === 'int')
    return (a.flexible ?? false) === (b.flexible ?? false) && a.space === b.space;
  if (a.kind === 'tuple' && b.kind === 'tuple') return a.of.every((type, i) => sameExactly(type, b.of[i]!));
  if (a.kind === 'record' && b.kind === 'record') {
    return a.fields.every((field, i) => sameExactly(field.type, b.fields[i]!.type));
  }
  return true;
}

/** Numbers are cut to what was declared; texts and what holds some are not. */
export function isHeldBy(declared: Type, type: Type): boolean {
  const grown = promote(declared, type);
  if (!grown || declared.kind === 'int') return grown !== undefined;
  return !SIZED.has(declared.kind) || sameType(grown, declared);
}

const SIZED: ReadonlySet<TypeKind> = new Set(['string', 'tuple', 'record']);

/** One unit under inference: scopes, and the table that its rules fill. */
export class Typing {
  readonly script: ScriptTyping;
  readonly unit: Unit;
  readonly table: TypeTable;
  readonly scopes: Map<string, Scratch>[] = [];
  loops = 0;
  /** Loops over maps that are being typed: their bodies are functions of their own from this scope on. */
  readonly callbacks: { readonly loop: Node; readonly scope: number }[] = [];

  constructor(script: ScriptTyping, unit: Unit, table: TypeTable) {
    this.script = script;
    this.unit = unit;
    this.table = table;
  }

  /** Types by name, as the probed program knows them. */
  get space(): TypeSpace {
    const binary = this.point?.binary;
    return binary === undefined ? this.script.space : this.script.space.within(binary);
  }
  get settings(): Settings {
    return this.script.settings;
  }

  /** The first point stands for all of the unit's: they have one shape. */
  get point(): ProbePoint | undefined {
    return this.unit.kind === 'probe' ? this.unit.points[0] : undefined;
  }

  /** A map's keys are of one type, which grows with those that it is given. */
  growKey(map: MapTyping, key: Type, node: Node): void {
    const grown = this.script.grow(map.key, key, () => {
      const given = `trying to access with arguments: '${typeName(key)}'`;
      const message = `Argument mismatch for ${map.name}: ${given} when map expects arguments: '${typeName(map.key!)}'`;
      this.error(node, message, {
        hints: ['keys of one map have one type: keep others in a map of their own, such as @other[…]'],
      });
    });
    if (grown) map.key = grown;
  }

  typeOf(node: Node): Type | undefined {
    return this.table.types.get(node);
  }

  set(node: Node, type: Type | undefined): Type | undefined {
    if (type === undefined) this.table.types.delete(node);
    else this.table.types.set(node, type);
    return type;
  }

  error(node: Node | Span, message: string, extras?: DiagnosticExtras): undefined {
    return this.script.error('span' in node ? node.span : node, message, extras);
  }

  warning(node: Node | Span, message: string, extras?: DiagnosticExtras): void {
    this.script.warning('span' in node ? node.span : node, message, extras);
  }

  undefinedMap(name: string, node: Node): undefined {
    const others = [...this.script.maps.values()].flatMap((map) => (map.value === undefined ? [] : [map.name]));
    const hint = didYouMean(name, others) ?? 'no probe of this script puts anything into it';
    return this.error(node, `Undefined map: ${name}`, { hints: [hint] });
  }

  find(name: string): Scratch | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const found = this.scopes[i]!.get(name);
      if (found) return this.#capture(found, i);
    }
    return undefined;
  }

  #capture(symbol: Scratch, scope: number): Scratch {
    for (const callback of this.callbacks) {
      if (scope >= callback.scope) continue;
      symbol.inMemory = true;
      const captured = this.table.captured.get(callback.loop) ?? new Set();
      this.table.captured.set(callback.loop, captured.add(symbol));
    }
    return symbol;
  }

  /** The symbol that `node` declares in the innermost scope; kept from sweep to sweep. */
  declare(name: string, node: Node, what: Origin, span = node.span): Scratch {
    let symbol = this.table.symbols.get(node);
    if (symbol === undefined) {
      this.script.variables.add(name);
      symbol = { name, origin: { what, span }, fixed: false, inMemory: false };
      this.table.symbols.set(node, symbol);
    }
    this.scopes.at(-1)!.set(name, symbol);
    return symbol;
  }

  inScope<T>(body: () => T): T {
    this.scopes.push(new Map());
    try {
      return body();
    } finally {
      this.scopes.pop();
    }
  }

  /** Assigns a value of `type`; the variable widens unless its type was declared. */
  growSymbol(symbol: Scratch, type: Type, at: Node): void {
    const mismatch = () =>
      this.error(
        at,
        `Type mismatch for ${symbol.name}: trying to assign value of type '${typeName(type)}' when variable already has a type '${typeName(symbol.type!)}'`,
      );
    if (!symbol.fixed) {
      const grown = this.script.grow(symbol.type, type, mismatch);
      if (grown) symbol.type = grown;
    } else if (symbol.type && !isHeldBy(symbol.type, type)) mismatch();
  }
}
