/** Questions about types, answered when compiling: for `if comptime` in macros. */
import { imm } from '../ir/index.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { scalar } from '../lower/value.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { integral } from '../types/operators.ts';
import { BOOL, type Type } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';

type Question = (type: Type, node: Expression) => boolean;

function answer(call: Call, t: Typing, question: Question): boolean | undefined {
  const [node] = call.arguments;
  const type = node && t.typeOf(node);
  return type && question(type, node);
}

function ofType(name: string, doc: string, question: Question): FunctionRow {
  return {
    name,
    signature: `bool ${name}(value)`,
    doc,
    arguments: [1, 1],
    type: () => BOOL,
    constant: (call, t) => answer(call, t, question),
    lower: (call, l) => {
      const [node] = call.arguments;
      return scalar(BOOL, imm(node && question(l.typeOf(node), node) ? 1 : 0));
    },
  };
}

const isScalar: FunctionRow = {
  name: 'is_scalar',
  signature: 'bool is_scalar(map)',
  doc: 'Whether the map is used without keys.',
  arguments: [1, 1],
  raw: (argument) => argument.kind === 'map',
  type(call, t) {
    const [map] = call.arguments;
    return map?.kind === 'map' ? BOOL : t.error(call, 'is_scalar() expects a map argument');
  },
  constant: (call, t) => {
    const [map] = call.arguments;
    return map?.kind === 'map' ? (t.script.maps.get(map.name)?.scalar ?? undefined) : undefined;
  },
  lower: (call, l) => {
    const [map] = call.arguments;
    const scalarMap = map?.kind === 'map' && l.script.typing.maps.get(map.name)?.scalar === true;
    return scalar(BOOL, imm(scalarMap ? 1 : 0));
  },
};

const LITERALS: ReadonlySet<Expression['kind']> = new Set(['integer', 'string', 'boolean']);

export const META: readonly FunctionRow[] = [
  isScalar,
  ofType('is_str', 'Whether the value is a text.', ({ kind }) => kind === 'string'),
  ofType('is_ptr', 'Whether the value is a pointer.', ({ kind }) => kind === 'pointer'),
  ofType('is_array', 'Whether the value is an array.', ({ kind }) => kind === 'array'),
  ofType('is_integer', 'Whether the value is an integer.', (type) => integral(type) !== undefined),
  ofType(
    'is_unsigned_integer',
    'Whether the value is an integer without a sign.',
    (type) => integral(type)?.signed === false,
  ),
  ofType('is_literal', 'Whether the value is written out in the script.', (_, { kind }) => LITERALS.has(kind)),
];
