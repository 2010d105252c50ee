/** Warns of variables that are read before anything is assigned to them, or that nothing is ever assigned to. */
import type { Diagnostics } from '../diagnostics/index.ts';
import { type Block, children, type For, type Let, type Node, type Program, type Variable } from '../syntax/index.ts';

interface Declared {
  /** Absent: an assignment, a parameter or a loop made it. */
  readonly by?: Let;
  isAssigned: boolean;
}

/** Their operands are only asked for types. */
const ASKED: ReadonlySet<Node['kind']> = new Set(['sizeof', 'offsetof', 'typeinfo', 'typeof-type']);

export function warnUnassigned(program: Program, diagnostics: Diagnostics): void {
  for (const { parameters, body } of program.functions) {
    const names = parameters.map(({ variable }): [string, Declared] => [variable.name, { isAssigned: true }]);
    new Walk(diagnostics).unit(body, new Map(names));
  }
  for (const probe of program.probes) {
    const walk = new Walk(diagnostics);
    if (probe.predicate) walk.visit(probe.predicate);
    walk.unit(probe.body, new Map());
  }
}

class Walk {
  readonly #diagnostics: Diagnostics;
  readonly #scopes: Map<string, Declared>[] = [];
  readonly #all: Declared[] = [];
  #asked = 0;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  unit(body: Block, names: Map<string, Declared>): void {
    this.#within(names, () => this.visit(body));
    for (const { by, isAssigned } of this.#all) {
      if (by && !isAssigned) {
        this.#diagnostics.warning(by.declarationSpan, `Variable ${by.variable.name} was never assigned to.`);
      }
    }
  }

  visit(node: Node): void {
    if (node.kind === 'block') return this.#within(new Map(), () => this.#parts(node));
    if (node.kind === 'for') return this.#loop(node);
    if (node.kind === 'let') return this.#declare(node);
    if (node.kind === 'assign' && node.target.kind === 'variable') {
      this.visit(node.value);
      if (node.operator) this.visit(node.target);
      return this.#assign(node.target);
    }
    if (node.kind === 'address-of' && node.of.kind === 'variable') return this.#assign(node.of);
    if (node.kind === 'variable') return this.#read(node);
    const isAsked = ASKED.has(node.kind);
    if (isAsked) this.#asked++;
    this.#parts(node);
    if (isAsked) this.#asked--;
  }

  #parts(node: Node): void {
    for (const child of children(node)) this.visit(child);
  }

  #within(names: Map<string, Declared>, body: () => void): void {
    this.#scopes.push(names);
    body();
    this.#scopes.pop();
  }

  #loop({ over, variable, body }: For): void {
    this.visit(over);
    this.#within(new Map([[variable.name, { isAssigned: true }]]), () => this.visit(body));
  }

  #declare(node: Let): void {
    if (node.type) this.visit(node.type);
    if (node.value) this.visit(node.value);
    const declared = { by: node, isAssigned: node.value !== undefined };
    this.#scopes.at(-1)?.set(node.variable.name, declared);
    this.#all.push(declared);
  }

  /** Whoever has the address may assign. */
  #assign({ name }: Variable): void {
    const found = this.#find(name);
    if (found) found.isAssigned = true;
    else this.#scopes.at(-1)?.set(name, { isAssigned: true });
  }

  #read({ name, span }: Variable): void {
    if (this.#asked > 0 || this.#find(name)?.isAssigned !== false) return;
    this.#diagnostics.warning(span, `Variable used before it was assigned: ${name}`);
  }

  #find(name: string): Declared | undefined {
    return this.#scopes.findLast((scope) => scope.has(name))?.get(name);
  }
}
