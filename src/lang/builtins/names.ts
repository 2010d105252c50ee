/** Functions that name a number when it is printed: strerror, signal_name. */
import { convert } from '../lower/convert.ts';
import { toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { scalar } from '../lower/value.ts';
import { integral } from '../types/operators.ts';
import { type EnumType, typeName } from '../types/type.ts';
import { ERROR_TEXTS } from './error-texts.ts';
import { SIGNALS } from './signals.ts';

/** The number travels as an enum's value: whoever prints it has the names. */
function named(name: string, doc: string, entries: Iterable<readonly [bigint, string]>): FunctionRow {
  let type: EnumType | undefined;
  const enumType = (): EnumType => (type ??= { kind: 'enum', name, size: 4, signed: true, names: new Map(entries) });
  return {
    name,
    signature: `string ${name}(int number)`,
    doc,
    arguments: [1, 1],
    type(call, t) {
      const [value] = call.arguments;
      const given = value && t.typeOf(value);
      if (given && !integral(given))
        return t.error(call, `${name}() only supports int arguments (${typeName(given)} provided)`);
      return enumType();
    },
    lower: (call, l) =>
      scalar(
        enumType(),
        convert(toScalar(l.value(call.arguments[0]!), l), { kind: 'int', size: 4, signed: true }, l).operand,
      ),
  };
}

export const NAMES: readonly FunctionRow[] = [
  named(
    'strerror',
    'The text of an error number.',
    ERROR_TEXTS.map((text, i) => [BigInt(i), text] as const),
  ),
  named(
    'signal_name',
    'The name of a signal.',
    SIGNALS.map((name, i) => [BigInt(i + 1), name] as const),
  ),
];
