/** Puts the bodies of macros where they are called, hygienically: their own variables are renamed, maps come as arguments only. */
import type { Diagnostics } from '../diagnostics/index.ts';
import {
  type Block,
  type Call,
  type Expression,
  type Identifier,
  type Macro,
  mapChildren,
  type Node,
  type Program,
  relocate,
  type TypeOrExpression,
} from '../syntax/index.ts';
import { MacroRegistry } from './macro-registry.ts';

/** In probes and functions; the macros themselves stay as they are. */
export function expandMacros(
  program: Program,
  diagnostics: Diagnostics,
  isBuiltin: (name: string) => boolean = () => false,
): Program {
  const registry = new MacroRegistry(program, diagnostics);
  if (program.macros.length === 0) return program;
  const expander = new MacroExpander(registry, diagnostics, isBuiltin, []);
  return {
    ...program,
    functions: program.functions.map((one) => expander.rewrite(one)),
    probes: program.probes.map((one) => expander.rewrite(one)),
  };
}

type Invocation = Call | Identifier;

/** What the names of one macro's body stand for at one call. */
class Scope {
  /** Parameters passed by reference: the macro's name to the caller's. */
  readonly variables = new Map<string, string>();
  readonly maps = new Map<string, string>();
  readonly expressions = new Map<string, Expression>();
  /** The macro's own variables. */
  readonly own = new Set<string>();
  readonly #prefix: string;

  constructor(macro: Macro, depth: number, given: readonly Expression[]) {
    // No script can write a name with two dollars.
    this.#prefix = depth === 1 ? `$$${macro.name}_` : `$$${macro.name}_${depth}_`;
    for (const [i, parameter] of macro.parameters.entries()) {
      const argument = given[i]!;
      if (parameter.kind === 'identifier') this.expressions.set(parameter.name, asValue(argument));
      else if (parameter.kind === 'variable') this.variables.set(parameter.name, (argument as { name: string }).name);
      else this.maps.set(parameter.name, (argument as { name: string }).name);
    }
  }

  variable(name: string): string {
    return this.variables.get(name) ?? (this.own.has(name) ? this.#prefix + name : name);
  }
}

/** A variable or map passed by value cannot be assigned through the parameter: the block's value is no place. */
function asValue(argument: Expression): Expression {
  if (argument.kind !== 'variable' && argument.kind !== 'map') return argument;
  return { kind: 'block', span: argument.span, statements: [], value: argument };
}

class MacroExpander {
  readonly #registry: MacroRegistry;
  readonly #diagnostics: Diagnostics;
  /** What a call may mean that fits no macro of its name. */
  readonly #isBuiltin: (name: string) => boolean;
  /** The macros whose bodies we are in, outermost first. */
  readonly #stack: readonly Macro[];
  /** Absent outside macros. */
  readonly #scope: Scope | undefined;

  constructor(
    registry: MacroRegistry,
    diagnostics: Diagnostics,
    isBuiltin: (name: string) => boolean,
    stack: readonly Macro[],
    scope?: Scope,
  ) {
    this.#registry = registry;
    this.#diagnostics = diagnostics;
    this.#isBuiltin = isBuiltin;
    this.#stack = stack;
    this.#scope = scope;
  }

  rewrite<N extends Node>(node: N): N;
  rewrite(node: Node): Node {
    switch (node.kind) {
      case 'identifier':
        return this.#scope?.expressions.has(node.name) ? this.#argument(node) : this.#invoke(node);
      case 'call':
        return this.#invoke(this.#inside(node));
      case 'variable':
        return this.#scope ? { ...node, name: this.#scope.variable(node.name) } : node;
      case 'map':
        return this.#map(node);
      case 'let':
        return this.#declare(node);
      case 'assign':
        if (node.target.kind === 'variable') this.#scope?.own.add(node.target.name);
        return this.#inside(node);
      case 'sizeof':
      case 'offsetof':
      case 'typeinfo':
      case 'typeof-type':
        return this.#isTypeName(node.of) ? node : this.#inside(node);
      default:
        return this.#inside(node);
    }
  }

  #inside<N extends Node>(node: N): N {
    return mapChildren(node, (child) => this.rewrite(child));
  }

  /** A bare word where a type may stand is a type's name, not a macro without parentheses. */
  #isTypeName(operand: TypeOrExpression): boolean {
    return operand.kind === 'identifier' && !this.#scope?.expressions.has(operand.name);
  }

  #map(node: Extract<Node, { kind: 'map' }>): Node {
    if (!this.#scope) return node;
    const name = this.#scope.maps.get(node.name);
    if (name !== undefined) return { ...node, name };
    this.#diagnostics.error(
      node.span,
      `Unhygienic access to map: ${node.name}. Maps must be passed into the macro as arguments.`,
    );
    return node;
  }

  #declare(node: Extract<Node, { kind: 'let' }>): Node {
    const { name } = node.variable;
    if (this.#scope?.variables.has(name)) {
      this.#diagnostics.error(node.declarationSpan, `Variable declaration shadows macro arg ${name}`);
      return node;
    }
    this.#scope?.own.add(name);
    return this.#inside(node);
  }

  /** The caller's expression: written outside the macro, so none of its names are the macro's. */
  #argument(node: Identifier): Expression {
    return relocate(this.#scope!.expressions.get(node.name)!, node.span);
  }

  #invoke(node: Invocation): Expression {
    const given = node.kind === 'call' ? node.arguments : [];
    const standard = this.#stack.at(-1)?.standard || undefined;
    const macro = this.#registry.find(node.name, given, standard);
    if (!macro) {
      const nearest = this.#registry.nearest(node.name, given, standard);
      if (nearest && !this.#isBuiltin(node.name)) this.#reportMismatch(node, given, nearest);
      return node;
    }
    if (this.#stack.includes(macro)) {
      this.#reportRecursion(node, macro);
      return node;
    }
    const stack = [...this.#stack, macro];
    const scope = new Scope(macro, stack.length, given);
    const body: Block = relocate(macro.body, node.span);
    return new MacroExpander(this.#registry, this.#diagnostics, this.#isBuiltin, stack, scope).rewrite(body);
  }

  #reportRecursion(node: Invocation, macro: Macro): void {
    const chain = [...this.#stack.slice(this.#stack.indexOf(macro)), macro].map(({ name }) => name).join(' > ');
    this.#diagnostics.error(node.span, `Recursive macro call detected. Call chain: ${chain}`);
  }

  #reportMismatch(node: Invocation, given: readonly Expression[], nearest: Macro): void {
    const { name, parameters, span } = nearest;
    const message = `Call to ${node.name}() has arguments that do not match any definition.`;
    if (parameters.length !== given.length) {
      const counts = `Expected: ${parameters.length} but got ${given.length}`;
      const related = `The closest definition of ${name}() has a different number of arguments. ${counts}`;
      this.#diagnostics.error(node.span, message, { related: [{ span, message: related }] });
      return;
    }
    this.#diagnostics.error(node.span, message);
    for (const [i, parameter] of parameters.entries()) {
      const argument = given[i]!;
      if (parameter.kind === 'identifier' || parameter.kind === argument.kind) continue;
      const wanted = `Mismatched arg. ${name}() expects a ${parameter.kind} for arg ${parameter.name}`;
      this.#diagnostics.error(argument.span, `${wanted} but got ${describe(argument)}.`, {
        related: [{ span: parameter.span, message: 'This is the argument in the closest definition.' }],
      });
    }
  }
}

function describe(argument: Expression): string {
  return argument.kind === 'map' || argument.kind === 'variable' ? `a ${argument.kind}` : 'an expression';
}
