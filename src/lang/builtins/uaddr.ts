/** uaddr(): variables of the traced program. */

import type { UserSymbol } from '../host.ts';
import { imm, type Operand } from '../ir/index.ts';
import { namedRegister } from '../lower/arguments.ts';
import type { Lowering } from '../lower/lowering.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { scalar } from '../lower/value.ts';
import type { Call } from '../syntax/ast.ts';
import { constantOf } from '../types/constant.ts';
import { intType, pointerTo } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';
import { knownText } from './text-argument.ts';

const symbolOf = (
  { point, script }: Pick<Typing, 'point'> & { readonly script: Pick<Typing['script'], 'host'> },
  name: string,
) => (point?.binary === undefined ? undefined : script.host.userSymbol?.(point.binary, name));

const SYMBOL = /^[a-zA-Z0-9./_-]+$/;

export const uaddr: FunctionRow = {
  name: 'uaddr',
  signature: 'uint64 *uaddr(const string name)',
  doc: 'Address of a variable of the probed program: in uprobes and USDT probes.',
  arguments: [1, 1],
  type(call, t) {
    const [argument] = call.arguments;
    const name = argument && constantOf(argument, t);
    if (typeof name !== 'string') {
      return t.error(call, `${call.name}() expects a string literal as the first argument`);
    }
    if (!SYMBOL.test(name)) {
      return t.error(
        call,
        `${call.name}() expects a string that is a valid symbol (${SYMBOL.source}) as input ("${name}" provided)`,
      );
    }
    const { point } = t;
    if (point?.binary === undefined) {
      return t.error(call, `${call.name} can not be used with "${point?.kind.names[0] ?? 'function'}" probes`, {
        hints: ['it needs a program: uprobe, uretprobe, usdt'],
      });
    }
    const symbol = symbolOf(t, name);
    if (symbol === undefined) return t.error(call, `Could not resolve symbol: ${point.binary}:${name}`);
    if (symbol.isMoved && (point.address === undefined || point.retval)) return unknownPlace(call, point.binary, t);
    return pointerTo(intType(wordSize(symbol), false), 'user');
  },
  lower(call, l) {
    const name = knownText(call.arguments[0], l) ?? '';
    const symbol = symbolOf({ point: l.point, script: l.script.typing }, name);
    return scalar(l.typeOf(call), symbol ? addressOf(symbol, l) : imm(0));
  },
};

function unknownPlace(call: Call, binary: string, t: Typing): undefined {
  return t.error(call, `uaddr() does not know here where ${binary} is loaded`, {
    hints: [
      "in a program that is position-independent it works where one known instruction is probed: at a function's entry",
    ],
  });
}

const wordSize = ({ size }: UserSymbol): 1 | 2 | 4 | 8 => (size === 1 || size === 2 || size === 4 ? size : 8);

/** As far from the probed instruction as in the file. */
function addressOf(symbol: UserSymbol, l: Lowering): Operand {
  if (!symbol.isMoved) return imm(symbol.address);
  const here = namedRegister(l.script.typing.host.arch === 'arm64' ? 'pc' : 'ip', l)!;
  return l.b.add(here, imm(symbol.address - l.point!.address!));
}
