/** One rule for each kind of expression: its type from its parts'; undefined while a part is not known. */
import { didYouMean } from '../diagnostics/index.ts';
import type {
  AssignTarget,
  Cast,
  Expression,
  FieldAccess,
  If,
  IncrementDecrement,
  IndexAccess,
  MapAccess,
  MapReference,
  Offsetof,
  TupleAccess,
  Variable,
} from '../syntax/ast.ts';
import { castType } from './casts.ts';
import { constantOf, truthy } from './constant.ts';
import { foreignWordHint } from './foreign-words.ts';
import { inferCall } from './infer-call.ts';
import { sizeOfType } from './layout.ts';
import { binaryType, isCondition, unaryType } from './operators.ts';
import { isArgs, placeOf, pointerAt, readAt } from './places.ts';
import { literalType, promote } from './promote.ts';
import {
  BOOL,
  INT8,
  INT64,
  isAggregate,
  isCastableAggregate,
  kindName,
  NONE,
  pointerTo,
  type StructType,
  stringType,
  type Type,
  tupleOf,
  typeName,
  UINT8,
  UINT32,
  UINT64,
} from './type.ts';
import { inferOperand, resolveType, typeOfOperand } from './type-expressions.ts';
import { fieldNames, findField } from './type-space.ts';
import type { MapTyping, Typing } from './typing.ts';

type Rule<K extends Expression['kind']> = (node: Extract<Expression, { kind: K }>, t: Typing) => Type | undefined;

export function infer(node: Expression, t: Typing): Type | undefined {
  const rule = RULES[node.kind] as (node: Expression, t: Typing) => Type | undefined;
  return t.set(node, rule(node, t));
}

const RULES: { readonly [K in Expression['kind']]: Rule<K> } = {
  integer: (node) => (node.value === undefined ? INT8 : literalType(node.value)),
  boolean: () => BOOL,
  string: (node) => stringType(node.value.length + 1),
  identifier: inferIdentifier,
  builtin: (node, t) => {
    const row = t.script.library.builtin(node.name);
    return row ? row.type(t, node) : t.error(node, `Unknown builtin variable: '${node.name}'`);
  },
  'positional-parameter': () => INT64,
  'positional-count': () => UINT64,
  variable: inferVariable,
  map: inferMap,
  'map-access': (node, t) => inferAccess(node, t).value,
  'address-of': (node, t) => {
    const type = inferPlace(node.of as AssignTarget, t);
    if (!type && node.of.kind === 'map') return t.undefinedMap(node.of.name, node.of);
    if (node.of.kind === 'variable') {
      const symbol = t.find(node.of.name);
      if (symbol) symbol.inMemory = true;
    }
    return type && pointerTo(type, placeOf(node.of as Expression, t).space);
  },
  call: inferCall,
  sizeof: (node, t) => {
    inferOperand(node.of, t, 'sizeof');
    const type = typeOfOperand(node.of, t);
    return type && literalType(BigInt(sizeOfType(type)));
  },
  offsetof: (node, t) => {
    inferOperand(node.of, t, 'offsetof');
    const offset = constantOf(node, t);
    if (offset === undefined && typeOfOperand(node.of, t)) {
      return t.error(node, missingField(node, t));
    }
    return typeof offset === 'bigint' ? literalType(offset) : undefined;
  },
  typeinfo: (node, t) => {
    inferOperand(node.of, t);
    const type = typeOfOperand(node.of, t);
    if (!type) return undefined;
    // base_type is never longer.
    const text = stringType(typeName(type).length + 'cgroupPath'.length);
    return {
      kind: 'record',
      fields: [
        { name: 'btf_id', type: UINT64 },
        { name: 'base_type', type: text },
        { name: 'full_type', type: text },
      ],
    };
  },
  comptime: (node, t) => {
    const type = infer(node.expression, t);
    if (node.expression.kind === 'typeinfo') return type;
    const value = constantOf(node.expression, t);
    if (value === undefined) return t.error(node, 'Unable to resolve comptime expression');
    return typeof value === 'bigint'
      ? literalType(value)
      : typeof value === 'string'
        ? stringType(value.length + 1)
        : BOOL;
  },
  field: inferField,
  'tuple-access': inferTupleAccess,
  index: inferIndex,
  cast: inferCast,
  unary: (node, t) => {
    const operand = infer(node.operand, t);
    const type = operand && unaryType(node, operand, t);
    if (!type || node.operator !== '*') return type;
    const place = placeOf(node, t);
    return operand?.kind === 'int' && type.kind === 'int' && operand.space
      ? { ...type, space: operand.space }
      : readAt(type, place);
  },
  increment: inferIncrement,
  binary: (node, t) => {
    const left = infer(node.left, t);
    const right = infer(node.right, t);
    return left && right && binaryType(node, left, right, t);
  },
  if: inferIf,
  block: (node, t) => t.script.inferBlock(node, t),
  tuple: (node, t) => {
    const of = node.items.map((item) => inside('tuple', item, t));
    return of.every((type) => type !== undefined) ? tupleOf(of as Type[]) : undefined;
  },
  record: (node, t) => {
    const fields = node.fields.map(({ name, value }) => ({ name, type: inside('record', value, t) }));
    return fields.every((field) => field.type !== undefined)
      ? { kind: 'record', fields: fields as { name: string; type: Type }[] }
      : undefined;
  },
};

/** A part of a tuple or record. */
function inside(what: 'tuple' | 'record', node: Expression, t: Typing): Type | undefined {
  const type = infer(node, t);
  if (!type || !isAggregate(type) || isCastableAggregate(type)) return type;
  return t.error(node, `Map type ${typeName(type)} cannot exist inside a ${what}.`);
}

/** Which part of an offsetof's path leads nowhere. */
function missingField(node: Offsetof, t: Typing): string {
  let type = typeOfOperand(node.of, t);
  for (const name of node.path) {
    if (type?.kind !== 'struct') return `'${type ? typeName(type) : 'none'}' is not a C type.`;
    const field = findField(type, name);
    if (!field) return `'${type.name}' has no field named '${name}'`;
    type = field.type;
  }
  return `the place of '${node.path.join('.')}' is not known`;
}

function inferIdentifier(node: Extract<Expression, { kind: 'identifier' }>, t: Typing): Type | undefined {
  const define = t.script.defines.get(node.name);
  if (define !== undefined) {
    if (typeof define === 'bigint') return literalType(define);
    return typeof define === 'string' ? stringType(define.length + 1) : BOOL;
  }
  // Many builtins are no words of the grammar, so that macros can stand in for them.
  const builtin = t.script.library.builtin(node.name);
  if (builtin) return builtin.type(t, node);
  const constant = t.space.constant(node.name);
  if (constant)
    return constant.type.kind === 'enum' || constant.type.kind === 'int'
      ? { ...constant.type, size: 8 }
      : constant.type;
  // Words may be resolved by a later sweep; nothing is reported before.
  if (!t.script.final) return undefined;
  const hint = foreignWordHint(node.name) ?? callHint(node.name, t) ?? didYouMean(node.name, t.script.library.names());
  return t.error(node, `Unknown identifier: '${node.name}'`, {
    hints: [hint ?? notText(node.name)],
  });
}

/** `exit` for `exit()` */
function callHint(name: string, { script: { library, functions } }: Typing): string | undefined {
  const least =
    (library.function(name) ?? library.aggregate(name))?.arguments[0] ?? functions.get(name)?.parameters.length;
  return least === undefined ? undefined : `it is a function: write ${name}(${least === 0 ? '' : '…'})`;
}

function inferVariable(node: Variable, t: Typing): Type | undefined {
  const symbol = t.find(node.name);
  if (!symbol) {
    const hint = unknownVariableHint(node.name, t);
    return t.error(node, `Undefined or undeclared variable: ${node.name}`, hint ? { hints: [hint] } : {});
  }
  t.table.symbols.set(node, symbol);
  if (symbol.type === undefined) return t.error(node, `No type available for variable ${node.name}`);
  return symbol.type;
}

/** What a word that nothing defines was probably meant as. */
const notText = (name: string): string =>
  /^[A-Z][A-Z0-9_]+$/.test(name)
    ? 'neither the kernel has a constant of that name nor a header that was found here'
    : `a text stands in quotes: "${name}"`;

/** Scripts for bpftrace before 0.22 use variables after the block that they were first assigned in. */
function unknownVariableHint(name: string, t: Typing): string | undefined {
  const names = new Set([...t.table.symbols.values()].map((symbol) => symbol.name));
  if (!names.has(name)) {
    const kept = `@${name.slice(1)}`;
    return t.script.variables.has(name)
      ? `${name} of another probe is not known here: keep it in a map, ${kept}, or ${kept}[tid] for each thread`
      : didYouMean(name, names);
  }
  return `it is known only inside the block that assigns it first: write let ${name}; before that block`;
}

/** A bare map is its one value. */
function inferMap(node: MapReference, t: Typing): Type | undefined {
  const map = useMap(node, true, t);
  return mapValue(map, node, t);
}

/** Notes whether the map is used with keys; both at once is an error. */
export function useMap(node: MapReference, scalar: boolean, t: Typing, at: Expression = node): MapTyping {
  const map = t.script.map(node.name, node.span);
  if (map.scalar === undefined) {
    map.scalar = scalar;
    t.script.changed = true;
  } else if (map.scalar !== scalar) {
    t.error(
      at,
      scalar
        ? `${node.name} used as a map without an explicit key (scalar map), previously used with an explicit key (non-scalar map)`
        : `${node.name} used as a map with an explicit key (non-scalar map), previously used without an explicit key (scalar map)`,
    );
  }
  return map;
}

function mapValue(map: MapTyping, node: Expression, t: Typing): Type | undefined {
  if (map.value === undefined) return t.undefinedMap(map.name, node);
  return map.value;
}

export function inferAccess(node: MapAccess, t: Typing): { map: MapTyping; value: Type | undefined } {
  const map = useMap(node.map, false, t, node);
  const key = infer(node.key, t);
  if (key) growKey(map, key, node, t);
  if (!t.script.isReadable(map, node.span)) return { map, value: undefined };
  return { map, value: mapValue(map, node, t) };
}

const ARRAYS = /array$/;

function growKey(map: MapTyping, key: Type, node: MapAccess, t: Typing): void {
  if (key.kind === 'none' || key.kind === 'void' || (isAggregate(key) && !isCastableAggregate(key))) {
    t.error(node, `Value '${typeName(key)}' cannot be used as a map key.`);
    return;
  }
  if (map.declaration && ARRAYS.test(map.declaration.type)) {
    // The kernel's arrays are read by numbers of four bytes.
    if (key.kind !== 'int')
      t.error(node.key, `Map ${map.name} is an array: its keys are numbers, not '${typeName(key)}'`);
    map.key = UINT32;
    return;
  }
  t.growKey(map, key, node);
}

/** What can be assigned to: its type, without demanding that it has one yet. */
export function inferPlace(node: AssignTarget, t: Typing): Type | undefined {
  if (node.kind === 'map') {
    const map = useMap(node, true, t);
    return t.set(node, map.value);
  }
  if (node.kind === 'map-access') {
    const map = useMap(node.map, false, t, node);
    const key = infer(node.key, t);
    if (key) growKey(map, key, node, t);
    return t.set(node, map.value);
  }
  return infer(node, t);
}

/** Fields are reached through any number of pointers. */
function inferField(node: FieldAccess, t: Typing): Type | undefined {
  let type = infer(node.object, t);
  while (type?.kind === 'pointer') type = type.to;
  if (type === undefined) return undefined;
  if (type.kind === 'record') {
    const field = type.fields.find(({ name }) => name === node.name);
    if (field) return field.type;
    return noField(
      node,
      'Record',
      type.fields.map(({ name }) => name),
      t,
    );
  }
  if (type.kind === 'struct') return structField(node, type, t);
  return t.error(node, `Can not access field '${node.name}' on expression of type '${typeName(type)}'`);
}

function structField(node: FieldAccess, type: StructType, t: Typing): Type | undefined {
  const field = findField(type, node.name);
  if (!field && isArgs(node.object) && t.point?.args?.in === 'slots') {
    const hint = didYouMean(node.name, fieldNames(type));
    return t.error(node, `Can't find function parameter ${node.name}`, hint ? { hints: [hint] } : {});
  }
  if (!field) return noField(node, `Struct/union of type '${type.name}'`, fieldNames(type), t);
  if (field.type.kind !== 'pointer') return field.type;
  // The context hands over pointers that the verifier knows: their type says so already.
  const place = placeOf(node, t);
  return place.space === 'context' ? field.type : pointerAt(field.type, place);
}

/** So many are listed where none is like the one that was wanted. */
const FEW_FIELDS = 12;

function noField(node: FieldAccess, what: string, names: readonly string[], t: Typing): undefined {
  const all = names.length > 0 && names.length <= FEW_FIELDS ? `it has ${names.join(', ')}` : undefined;
  const hint = didYouMean(node.name, names) ?? all;
  return t.error(node.nameSpan, `${what} does not contain a field named '${node.name}'`, hint ? { hints: [hint] } : {});
}

function inferTupleAccess(node: TupleAccess, t: Typing): Type | undefined {
  const type = infer(node.object, t);
  if (type === undefined) return undefined;
  if (type.kind !== 'tuple') {
    return t.error(node, `Can not access index '${node.index}' on expression of type '${typeName(type)}'`);
  }
  return element(type.of, BigInt(node.index), node, t);
}

function element(of: readonly Type[], index: bigint, node: Expression, t: Typing): Type | undefined {
  const found = of[Number(index)];
  return found ?? t.error(node, `Invalid tuple index: ${index}. Found ${of.length} elements in tuple.`);
}

function inferIndex(node: IndexAccess, t: Typing): Type | undefined {
  const type = infer(node.object, t);
  const index = infer(node.index, t);
  if (type === undefined || index === undefined) return undefined;
  if (type.kind === 'tuple') {
    const constant = constantOf(node.index, t);
    if (typeof constant === 'bigint') return element(type.of, constant, node, t);
    return t.error(node.index, 'the index of a tuple must be known when compiling');
  }
  if (index.kind !== 'int' || (index.signed && !index.flexible && constantOf(node.index, t) === undefined)) {
    if (index.kind !== 'enum') {
      return t.error(
        node,
        `The array index operator [] only accepts non-negative integer indices. Got: ${typeName(index)}`,
      );
    }
  }
  switch (type.kind) {
    case 'array':
      return checkBounds(node, type.length, t) ? readAt(type.of, placeOf(node, t)) : undefined;
    case 'string':
      return checkBounds(node, type.size, t) ? INT8 : undefined;
    case 'buffer':
      return UINT8;
    case 'pointer':
      return readAt(type.to, { ...placeOf(node, t), typed: false });
    default:
      return t.error(
        node,
        `The array index operator [] can only be used on arrays, pointers, and tuples, found ${typeName(type)}.`,
      );
  }
}

function checkBounds(node: IndexAccess, length: number, t: Typing): boolean {
  const index = constantOf(node.index, t);
  if (typeof index !== 'bigint' || length === 0 || (index >= 0n && index < BigInt(length))) return true;
  t.error(node, `the index ${index} is out of bounds for array of size ${length}`);
  return false;
}

function inferCast(node: Cast, t: Typing): Type | undefined {
  const value = infer(node.value, t);
  const type = resolveType(node.type, t);
  return value && type && castType(node, type, value, t);
}

/** ++ and -- make what they change a 64-bit integer, as bpftrace does; pointers move by an element. */
function inferIncrement(node: IncrementDecrement, t: Typing): Type | undefined {
  const { target } = node;
  if (target.kind === 'map' || target.kind === 'map-access') return incrementMap(node, target, t);
  const type = inferPlace(target, t);
  if (type === undefined) return undefined;
  if (type.kind === 'pointer') return type;
  if (type.kind !== 'int') {
    return t.error(node, `The ${node.operator} operator can not be used on expressions of type '${typeName(type)}'`);
  }
  const symbol = target.kind === 'variable' ? t.find(target.name) : undefined;
  if (!symbol || symbol.fixed) return type;
  const result = type.signed || node.operator === '--' ? INT64 : UINT64;
  t.growSymbol(symbol, result, node);
  return result;
}

function incrementMap(node: IncrementDecrement, target: MapReference | MapAccess, t: Typing): Type | undefined {
  const current = inferPlace(target, t);
  const map = t.script.map(target.kind === 'map' ? target.name : target.map.name, target.span);
  map.written = true;
  if (current === undefined) return undefined;
  if (current.kind === 'pointer') return current;
  if (current.kind !== 'int') {
    return t.error(node, `The ${node.operator} operator can not be used on expressions of type '${typeName(current)}'`);
  }
  if (map.fixedValue) return current;
  const result =
    (current.signed && !current.flexible) || node.operator === '--' ? INT64 : current.signed ? INT64 : UINT64;
  const grown = t.script.grow(map.value, result, () => {});
  if (grown) map.value = grown;
  return result;
}

function inferIf(node: If, t: Typing): Type | undefined {
  const taken = comptimeBranch(node, t);
  if (taken !== 'both') return taken ? infer(taken, t) : NONE;
  const condition = infer(node.condition, t);
  if (condition && !isCondition(condition)) t.error(node.condition, `Invalid condition: ${kindName(condition)}`);
  const then = node.form === 'short' ? condition : infer(node.then, t);
  const otherwise = node.else && infer(node.else, t);
  if (node.else === undefined || node.form === 'if') {
    // As a statement the branches need not agree.
    if (!then || then.kind === 'none' || !otherwise || otherwise.kind === 'none') return NONE;
  }
  if (!then || !otherwise) return then ?? otherwise;
  return promote(then, otherwise) ?? disagree(node, then, otherwise, t);
}

function disagree(node: If, then: Type, otherwise: Type, t: Typing): Type | undefined {
  if (then.kind === 'void' || otherwise.kind === 'void') return NONE;
  return t.error(
    node,
    `Branches must return the same type or compatible types: have '${typeName(then)}' and '${typeName(otherwise)}'`,
  );
}

/** The branch of `if comptime` that is compiled; the other one is not even checked. */
function comptimeBranch(node: If, t: Typing): Expression | undefined | 'both' {
  if (node.condition.kind !== 'comptime') return 'both';
  infer(node.condition.expression, t);
  const value = constantOf(node.condition.expression, t);
  if (value === undefined) {
    t.error(node.condition, 'Unable to resolve comptime expression');
    return undefined;
  }
  const taken = truthy(value) ? node.then : node.else;
  t.table.taken.set(node, taken);
  return taken;
}
