/** Calls: of functions of the script, of built-in ones, and of names that are none. */
import { didYouMean } from '../diagnostics/index.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { foreignWordHint } from './foreign-words.ts';
import { isTooLarge } from './promote.ts';
import { type Type, typeName } from './type.ts';
import { isHeldBy, type Typing } from './typing.ts';

export function inferCall(node: Call, t: Typing): Type | undefined {
  const { library } = t.script;
  const fn = t.script.functions.get(node.name);
  const row = library.function(node.name);
  for (const [i, argument] of node.arguments.entries()) {
    if (!row?.raw?.(argument, i)) t.script.infer(argument, t);
  }
  if (fn) {
    checkCount(node, { arguments: [fn.parameters.length, fn.parameters.length] }, t);
    for (const [i, argument] of node.arguments.entries()) checkArgument(node, argument, fn.parameters[i], t);
    return fn.returns;
  }
  if (row) {
    checkCount(node, row, t);
    return row.type(node, t);
  }
  // A builtin called like a function: pid().
  const builtin = library.builtin(node.name);
  if (builtin && node.arguments.length === 0) return builtin.type(t, node);
  if (library.aggregate(node.name)) {
    return t.error(node, `${node.name}() must be assigned directly to a map`, {
      hints: [`write @x = ${node.name}(…)`],
    });
  }
  const hint = foreignWordHint(node.name) ?? (builtin ? withoutArguments(node.name) : similarFunction(node, t));
  return t.error(node, `Unknown function: '${node.name}'`, hint ? { hints: [hint] } : {});
}

/** What a function of the script is given must be what it declares, as with a variable that is declared. */
function checkArgument(call: Call, argument: Expression, declared: Type | undefined, t: Typing): void {
  const given = t.table.types.get(argument);
  if (!given || !declared) return;
  if (!isTooLarge(argument, declared) && isHeldBy(declared, given)) return;
  t.error(argument, `${call.name}() takes a value of type ${typeName(declared)} here, not ${typeName(given)}`);
}

const withoutArguments = (name: string): string => `${name} takes no arguments: it is of the current thread and probe`;

function similarFunction({ name }: Call, { script }: Typing): string | undefined {
  return didYouMean(name, [...script.library.names(), ...script.functions.keys()]);
}

interface Callable {
  readonly arguments: readonly [number, number];
  readonly signature?: string;
}

export function checkCount(node: Call, { arguments: [least, most], signature }: Callable, t: Typing): void {
  const count = node.arguments.length;
  if (count >= least && count <= most) return;
  const plural = (n: number) => (n === 1 ? 'one argument' : `${n} arguments`);
  const wanted =
    least === most
      ? `requires ${least === 0 ? 'no arguments' : plural(least)}`
      : count < least
        ? `requires at least ${plural(least)}`
        : `takes up to ${plural(most)}`;
  t.error(node, `${node.name}() ${wanted} (${count} provided)`, signature === undefined ? {} : { hints: [signature] });
}
