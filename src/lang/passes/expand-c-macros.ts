/** Replaces identifiers that a `#define` names by the expression it stands for. */
import { Diagnostics } from '../diagnostics/index.ts';
import {
  type CDefine,
  type Expression,
  type Identifier,
  mapChildren,
  type Node,
  type Program,
  parseExpressionText,
  relocate,
} from '../syntax/index.ts';

export function expandCMacros(program: Program, diagnostics: Diagnostics): Program {
  const defines = new Map<string, CDefine>();
  for (const definition of program.definitions) {
    if (definition.kind === 'c-define' && !definition.parameters) defines.set(definition.name, definition);
  }
  if (defines.size === 0) return program;
  const expander = new CMacroExpander(defines, diagnostics);
  return {
    ...program,
    functions: program.functions.map((one) => expander.rewrite(one)),
    probes: program.probes.map((one) => expander.rewrite(one)),
  };
}

class CMacroExpander {
  readonly #defines: ReadonlyMap<string, CDefine>;
  readonly #diagnostics: Diagnostics;
  /** The names being expanded, outermost first. */
  readonly #active: string[] = [];

  constructor(defines: ReadonlyMap<string, CDefine>, diagnostics: Diagnostics) {
    this.#defines = defines;
    this.#diagnostics = diagnostics;
  }

  rewrite<N extends Node>(node: N): N;
  rewrite(node: Node): Node {
    const define = node.kind === 'identifier' ? this.#defines.get(node.name) : undefined;
    // A name that stands for itself is the enum member or constant of that name.
    return define && define.text.trim() !== define.name
      ? this.#expand(node as Identifier, define)
      : mapChildren(node, (child) => this.rewrite(child));
  }

  #expand(node: Identifier, { name, text }: CDefine): Expression {
    if (this.#active.includes(name)) {
      this.#diagnostics.error(node.span, `Macro recursion: ${this.#active.join('->')}`);
      return node;
    }
    const expression = parseExpressionText({ name, text }, new Diagnostics());
    if (!expression) {
      this.#diagnostics.error(node.span, `unable to expand macro as an expression: ${text}`);
      return node;
    }
    this.#active.push(name);
    const expanded = this.rewrite(relocate(expression, node.span));
    this.#active.pop();
    return expanded;
  }
}
