/** Types as the script writes them, `typeof(expression)` included. */

import { didYouMean } from '../diagnostics/index.ts';
import type { TypeExpression, TypeOrExpression } from '../syntax/ast.ts';
import { walk } from '../syntax/index.ts';
import { pointerTo, type Type } from './type.ts';
import { sized } from './type-space.ts';
import type { Typing } from './typing.ts';

const TYPE_KINDS: ReadonlySet<string> = new Set([
  'named-type',
  'tagged-type',
  'pointer-type',
  'array-type',
  'typeof-type',
]);

const isTypeExpression = (node: TypeOrExpression): node is TypeExpression => TYPE_KINDS.has(node.kind);

/** undefined while a `typeof` is not resolved; unknown names are reported. */
export function resolveType(node: TypeExpression, t: Typing, whole = node): Type | undefined {
  switch (node.kind) {
    case 'typeof-type':
      inferOperand(node.of, t);
      return typeOfOperand(node.of, t);
    case 'pointer-type': {
      const to = resolveType(node.to, t, whole);
      return to && pointerTo(to, 'unknown');
    }
    case 'array-type': {
      const of = resolveType(node.element, t, whole);
      return of && sized(of, node.length ?? 0);
    }
    case 'named-type':
    case 'tagged-type': {
      const type = t.space.ofExpression(node);
      return type ?? unknown(node, whole, t);
    }
  }
}

function unknown(node: TypeExpression & { name: string }, whole: TypeExpression, t: Typing): undefined {
  const name = node.kind === 'tagged-type' ? `${node.tag} ${node.name}` : node.name;
  const hint = tagHint(node, t) ?? similarType(node, t);
  return t.error(whole, `Cannot resolve unknown type "${name}"`, hint ? { hints: [hint] } : {});
}

function similarType(node: TypeExpression & { name: string }, t: Typing): string | undefined {
  if (!t.script.final) return undefined;
  return didYouMean(node.name, node.kind === 'tagged-type' ? t.space.tags(node.tag) : t.space.names());
}

/** Before 0.9 of bpftrace a struct was named without the word. */
function tagHint({ kind, name }: { kind: string; name: string }, t: Typing): string | undefined {
  if (kind !== 'named-type') return undefined;
  const tag = (['struct', 'union', 'enum'] as const).find((one) => t.space.tagged(one, name));
  return tag && `write ${tag} ${name}`;
}

/** Only expressions have types to infer; what names a type is resolved where it is used. */
export function inferOperand(node: TypeOrExpression, t: Typing, what = 'typeof or typeinfo'): void {
  if (isTypeExpression(node) || node.kind === 'map') return;
  if (node.kind === 'identifier' && isTypeName(node.name, t)) return;
  walk(node, (child) => {
    if (child.kind !== 'assign' || !/^map/.test(child.target.kind)) return;
    t.error(child, `Map assignments not allowed inside of ${what}`);
  });
  t.script.infer(node, t);
}

/** A struct may be named without the word where only a type makes sense. */
const isTypeName = (name: string, t: Typing): boolean =>
  t.space.named(name) !== undefined ||
  (t.space.constant(name) === undefined &&
    t.script.library.builtin(name) === undefined &&
    t.space.tagged('struct', name) !== undefined);

/** The operand of sizeof, offsetof, typeinfo and typeof: a bare word may name a type; a bare map is its key. */
export function typeOfOperand(node: TypeOrExpression, t: Typing): Type | undefined {
  if (isTypeExpression(node)) return resolveType(node, t);
  if (node.kind === 'identifier')
    return t.space.named(node.name) ?? t.typeOf(node) ?? t.space.tagged('struct', node.name);
  if (node.kind === 'map') {
    const map = t.script.map(node.name, node.span);
    return map.scalar ? map.value : map.key;
  }
  return t.typeOf(node);
}
