/** Arguments that must be known when compiling. */
import type { Lowering } from '../lower/lowering.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { constantOf } from '../types/constant.ts';
import type { Typing } from '../types/typing.ts';

/** A literal text; reports what was given instead. */
export function textArgument(call: Call, index: number, t: Typing): string | undefined {
  const argument = call.arguments[index];
  if (!argument) return undefined;
  const value = constantOf(argument, t);
  if (typeof value === 'string') return value;
  const given = t.typeOf(argument);
  const hints =
    argument.kind === 'positional-parameter'
      ? [`Use str($${argument.index}) to treat $${argument.index} as a string`]
      : [];
  return t.error(call, `${call.name}() expects a string literal (${given?.kind ?? 'unknown'} provided)`, { hints });
}

/** What textArgument accepted, where its call is lowered. */
export function knownText(node: Expression | undefined, l: Lowering): string | undefined {
  const value = node && l.constant(node);
  return typeof value === 'string' ? value : undefined;
}

export function numberArgument(call: Call, index: number, t: Typing): bigint | undefined {
  const argument = call.arguments[index];
  if (!argument) return undefined;
  const value = constantOf(argument, t);
  if (typeof value === 'bigint') return value;
  const given = t.typeOf(argument);
  return t.error(call, `${call.name}() expects a int literal (${given?.kind ?? 'unknown'} provided)`);
}
