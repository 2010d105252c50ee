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
  const defines = new Map<string, CDefine[]>();
  for (const definition of program.definitions) {
    if (definition.kind !== 'c-define' || definition.parameters) continue;
    defines.set(definition.name, [...(defines.get(definition.name) ?? []), definition]);
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
  readonly #defines: ReadonlyMap<string, readonly CDefine[]>;
  readonly #diagnostics: Diagnostics;
  /** What is being expanded, outermost first. */
  readonly #active: CDefine[] = [];

  constructor(defines: ReadonlyMap<string, readonly CDefine[]>, diagnostics: Diagnostics) {
    this.#defines = defines;
    this.#diagnostics = diagnostics;
  }

  rewrite<N extends Node>(node: N): N;
  rewrite(node: Node): Node {
    const define = node.kind === 'identifier' ? this.#defineOf(node) : undefined;
    // A name that stands for itself is the enum member or constant of that name.
    return define && define.text.trim() !== define.name
      ? this.#expand(node as Identifier, define)
      : mapChildren(node, (child) => this.rewrite(child));
  }

  /** Scripts that are imported side by side may give one name to different things: each means its own. */
  #defineOf({ name, span }: Identifier): CDefine | undefined {
    const all = this.#defines.get(name);
    if (all === undefined) return undefined;
    const { source } = this.#active.at(-1)?.span ?? span;
    const own = all.findLast((define) => define.span.source === source);
    const last = all.at(-1)!;
    const other = own ? undefined : all.find((define) => define.text !== last.text);
    if (other) {
      this.#diagnostics.error(
        span,
        `${name} is defined differently in ${other.span.source.name} and ${last.span.source.name}`,
        {
          related: [other, last].map((define) => ({ span: define.span, message: `${name} is ${define.text}` })),
          hints: ['define it in this script, too'],
        },
      );
    }
    return own ?? last;
  }

  #expand(node: Identifier, define: CDefine): Expression {
    const { name, text } = define;
    if (this.#active.includes(define)) {
      const names = this.#active.map((one) => one.name);
      this.#diagnostics.error(node.span, `Macro recursion: ${names.join('->')}`);
      return node;
    }
    const expression = parseExpressionText({ name, text }, new Diagnostics());
    if (!expression) {
      this.#diagnostics.error(node.span, `unable to expand macro as an expression: ${text}`);
      return node;
    }
    this.#active.push(define);
    const expanded = this.rewrite(relocate(expression, node.span));
    this.#active.pop();
    return expanded;
  }
}
