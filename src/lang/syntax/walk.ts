/** Goes through syntax trees: which fields of each kind hold nodes, a visitor, and a mapper that shares what stays the same. */
import type { Span } from '../diagnostics/index.ts';
import type { Kind, Node, NodeOf } from './ast.ts';

/** The fields with child nodes or lists of them, in the order of the text. */
const CHILDREN: { readonly [K in Kind]: readonly (keyof NodeOf<K>)[] } = {
  program: ['cSources', 'definitions', 'config', 'imports', 'maps', 'macros', 'functions', 'probes'],
  import: [],
  config: ['entries'],
  'config-entry': [],
  macro: ['parameters', 'body'],
  subprogram: ['parameters', 'returns', 'body'],
  'subprogram-parameter': ['variable', 'type'],
  'map-declaration': ['fields', 'value'],
  'map-field': ['type'],
  probe: ['attachPoints', 'predicate', 'body'],
  predicate: ['condition'],
  'attach-point': [],
  'expression-statement': ['expression'],
  let: ['variable', 'type', 'value'],
  assign: ['target', 'value'],
  discard: ['value'],
  while: ['condition', 'body'],
  unroll: ['count', 'body'],
  for: ['variable', 'over', 'body'],
  range: ['from', 'to'],
  break: [],
  continue: [],
  return: ['value'],
  integer: [],
  boolean: [],
  string: [],
  identifier: [],
  builtin: [],
  'positional-parameter': [],
  'positional-count': [],
  variable: [],
  map: [],
  'map-access': ['map', 'key'],
  'address-of': ['of'],
  call: ['arguments'],
  sizeof: ['of'],
  offsetof: ['of'],
  typeinfo: ['of'],
  comptime: ['expression'],
  field: ['object'],
  'tuple-access': ['object'],
  index: ['object', 'index'],
  cast: ['type', 'value'],
  unary: ['operand'],
  increment: ['target'],
  binary: ['left', 'right'],
  if: ['condition', 'then', 'else'],
  block: ['statements', 'value'],
  tuple: ['items'],
  record: ['fields'],
  'record-field': ['value'],
  'named-type': [],
  'tagged-type': [],
  'pointer-type': ['to'],
  'array-type': ['element'],
  'typeof-type': ['of'],
  'c-source': [],
  'c-define': [],
  'c-include': [],
  'c-record': ['fields'],
  'c-field': ['type'],
  'c-enum': ['members'],
  'c-enum-member': [],
  'c-typedef': ['type'],
  'c-base': [],
  'c-reference': [],
  'c-pointer': ['to'],
  'c-array': ['element'],
  'c-function': [],
};

type Fields = Record<string, Node | readonly Node[] | undefined>;

function childFields(node: Node): readonly string[] {
  // The short `a ?: b` has one object in two places: it is seen once.
  if (node.kind === 'if' && node.form === 'short') return ['condition', 'else'];
  return CHILDREN[node.kind] as readonly string[];
}

/** The node itself, then what is below it, in the order of the text; `visit` returns false to skip what is below. */
export function walk(node: Node, visit: (node: Node) => unknown): void {
  if (visit(node) === false) return;
  for (const field of childFields(node)) {
    const value = (node as unknown as Fields)[field];
    if (Array.isArray(value)) for (const child of value as Node[]) walk(child, visit);
    else if (value) walk(value as Node, visit);
  }
}

export function children(node: Node): Node[] {
  const found: Node[] = [];
  for (const field of childFields(node)) {
    const value = (node as unknown as Fields)[field];
    if (Array.isArray(value)) found.push(...value);
    else if (value) found.push(value as Node);
  }
  return found;
}

/** The node with each direct child replaced by what `map` returns; the same object if nothing changed. */
export function mapChildren<N extends Node>(node: N, map: (child: Node) => Node): N {
  let changed: Fields | undefined;
  for (const field of childFields(node)) {
    const value = (node as unknown as Fields)[field];
    if (!value) continue;
    const mapped = Array.isArray(value) ? mapList(value, map) : map(value as Node);
    if (mapped !== value) changed = { ...changed, [field]: mapped };
  }
  if (!changed) return node;
  if (node.kind === 'if' && node.form === 'short' && changed.condition) changed.then = changed.condition;
  return { ...node, ...changed };
}

function mapList(list: readonly Node[], map: (child: Node) => Node): readonly Node[] {
  let changed = false;
  const mapped = list.map((child) => {
    const now = map(child);
    if (now !== child) changed = true;
    return now;
  });
  return changed ? mapped : list;
}

/** A copy of the tree that says of every node what brought it here: messages about it end with "expanded from". */
export function relocate<N extends Node>(node: N, via: Span): N {
  const copy: Record<string, unknown> = { ...mapChildren<Node>(node, (child) => relocate(child, via)) };
  for (const [key, value] of Object.entries(copy)) {
    if (key === 'span' || key.endsWith('Span')) copy[key] = { ...(value as Span), via };
  }
  return copy as unknown as N;
}
