/** Types of statements: what assignments do to variables and maps, and which names each block sees. */
import type {
  Assign,
  Block,
  Call,
  Discard,
  Expression,
  ExpressionStatement,
  For,
  IntegerLiteral,
  Let,
  MapAccess,
  MapReference,
  Return,
  Statement,
  Unroll,
  While,
} from '../syntax/ast.ts';
import { constantOf } from './constant.ts';
import { checkCount } from './infer-call.ts';
import { infer, inferPlace, useMap } from './infer-expression.ts';
import { binaryType } from './operators.ts';
import { isTooLarge, promote } from './promote.ts';
import { intType, isAggregate, isCastableAggregate, NONE, type Type, tupleOf, typeName } from './type.ts';
import { resolveType } from './type-expressions.ts';
import { type MapTyping, type Scratch, sameExactly, type Typing } from './typing.ts';

type Rule<K extends Statement['kind']> = (node: Extract<Statement, { kind: K }>, t: Typing) => void;

const RULES: { readonly [K in Statement['kind']]: Rule<K> } = {
  'expression-statement': inferStatementExpression,
  let: inferLet,
  assign: inferAssign,
  discard: (node: Discard, t: Typing) => void infer(node.value, t),
  while: inferWhile,
  unroll: inferUnroll,
  for: inferFor,
  break: () => {},
  continue: () => {},
  return: inferReturn,
  import: () => {},
};

export function inferStatement(node: Statement, t: Typing): void {
  (RULES[node.kind] as (node: Statement, t: Typing) => void)(node, t);
}

export function inferBlock(node: Block, t: Typing): Type | undefined {
  return t.inScope(() => {
    for (const statement of node.statements) inferStatement(statement, t);
    return node.value ? infer(node.value, t) : NONE;
  });
}

function inferStatementExpression(node: ExpressionStatement, t: Typing): void {
  const type = infer(node.expression, t);
  const silent = !type || type.kind === 'none' || type.kind === 'void' || node.expression.kind === 'increment';
  if (!silent && node.expression.kind !== 'if' && !isTernaryOfActions(node.expression)) {
    t.warning(node, 'Return value discarded.');
  }
}

const isTernaryOfActions = (node: Expression): boolean => node.kind === 'call' && node.name === 'delete';

function inferLet(node: Let, t: Typing): void {
  const value = node.value && !isAggregateCall(node.value, t) ? infer(node.value, t) : undefined;
  const known = t.find(node.variable.name);
  if (known && known !== t.table.symbols.get(node.variable)) {
    const message = `Variable ${known.name} was already declared. Variable shadowing is not allowed.`;
    t.error(node.declarationSpan, message, earlier(known));
  }
  const symbol = t.declare(node.variable.name, node.variable, 'initial declaration', node.declarationSpan);
  if (node.type) {
    const declared = resolveType(node.type, t);
    if (declared && isAggregate(declared))
      t.error(node.type, `Invalid variable declaration type: ${typeName(declared)}`);
    if (declared) {
      const unsized = declared.kind === 'string' && declared.size === 0;
      if (unsized && value) t.growSymbol(symbol, value, node);
      else if (symbol.type === undefined || (node.type.kind === 'typeof-type' && !sameExactly(symbol.type, declared))) {
        symbol.type = declared;
        symbol.fixed = !unsized;
        t.script.changed = true;
      }
    }
  }
  if (value && node.value) assignSymbol(node, symbol, value, node.value, t);
  t.set(node.variable, symbol.type);
}

const earlier = ({ origin: { what, span } }: Scratch) => ({ related: [{ span, message: `This is the ${what}.` }] });

function assignSymbol(
  node: Let | Assign,
  symbol: ReturnType<Typing['declare']>,
  value: Type,
  from: Expression,
  t: Typing,
): void {
  if (!storable(value)) {
    t.error(node, `Value '${typeName(value)}' cannot be assigned to a scratch variable.`);
    return;
  }
  if (symbol.fixed && symbol.type && isTooLarge(from, symbol.type)) {
    t.error(node, noRoom(symbol.name, value, symbol.type), {
      hints: [`cast it: (${typeName(symbol.type)})${(from as IntegerLiteral).value}`],
    });
    return;
  }
  if (isHuge(from) && symbol.type?.kind === 'int' && symbol.type.signed && !symbol.type.flexible) {
    t.error(node, noRoom(symbol.name, value, symbol.type));
    return;
  }
  t.growSymbol(symbol, value, node);
}

/** No signed integer holds it beside negative numbers. */
const isHuge = (node: Expression): boolean => node.kind === 'integer' && (node.value ?? 0n) >= 1n << 63n;

const noRoom = (name: string, value: Type, held: Type): string =>
  `Type mismatch for ${name}: trying to assign value of type '${typeName(value)}' when variable already has a type '${typeName(held)}'`;

/** Aggregates are not values; but what some of them count can be read. */
const storable = (type: Type): boolean =>
  type.kind !== 'none' && type.kind !== 'void' && (!isAggregate(type) || isCastableAggregate(type));

const isAggregateCall = (node: Expression, t: Typing): node is Call =>
  node.kind === 'call' && t.script.library.aggregate(node.name) !== undefined && !t.script.functions.has(node.name);

/** `@m = { …; sum($x) }` too: macros expand to such blocks. */
const endsInAggregate = (node: Expression, t: Typing): boolean =>
  isAggregateCall(node, t) || (node.kind === 'block' && node.value !== undefined && endsInAggregate(node.value, t));

function inferAggregate(node: Assign, target: MapReference | MapAccess, value: Expression, t: Typing): void {
  if (value.kind !== 'block') return assignAggregate(node, target, value as Call, t);
  t.inScope(() => {
    for (const statement of value.statements) inferStatement(statement, t);
    inferAggregate(node, target, value.value!, t);
  });
}

function inferAssign(node: Assign, t: Typing): void {
  const { target } = node;
  if ((target.kind === 'map' || target.kind === 'map-access') && !node.operator && endsInAggregate(node.value, t)) {
    inferAggregate(node, target, node.value, t);
    return;
  }
  const value = infer(node.value, t);
  if (target.kind === 'variable') assignVariable(node, target, value, t);
  else if (target.kind === 'map' || target.kind === 'map-access') assignMap(node, target, value, t);
  else assignField(node, value, t);
}

function assignVariable(
  node: Assign,
  target: Assign['target'] & { kind: 'variable' },
  value: Type | undefined,
  t: Typing,
): void {
  let symbol = t.find(target.name);
  if (node.operator) {
    const current = infer(target, t);
    if (!symbol || !current || !value) return;
    const result = compound(node, current, value, t);
    if (result) t.growSymbol(symbol, result, node);
    return;
  }
  symbol ??= t.declare(target.name, target, 'initial assignment');
  t.table.symbols.set(target, symbol);
  if (value) assignSymbol(node, symbol, value, node.value, t);
  t.set(target, symbol.type);
}

/** `a op= b` has the type of `a op b`. */
function compound(node: Assign, current: Type, value: Type, t: Typing): Type | undefined {
  return binaryType(
    { kind: 'binary', span: node.span, operator: node.operator!, left: node.target, right: node.value },
    current,
    value,
    t,
  );
}

const mapOf = (target: MapReference | MapAccess, t: Typing): MapTyping =>
  t.script.map(target.kind === 'map' ? target.name : target.map.name, target.span);

function assignMap(node: Assign, target: MapReference | MapAccess, value: Type | undefined, t: Typing): void {
  const current = inferPlace(target, t);
  const map = mapOf(target, t);
  const isCounter = value && isCastableAggregate(value) && !node.operator;
  // What a counter alone is assigned to stays without a type.
  if (!isCounter || current) map.written = true;
  if (!value) return;
  if (node.operator) {
    if (!current) return;
    const result = compound(node, current, value, t);
    if (result && !map.fixedValue) growValue(map, result, node, t);
    return;
  }
  if (!storable(value)) {
    if (isAggregate(value)) notAssignable(node, map, value, t);
    else t.error(node, `Value '${typeName(value)}' cannot be assigned to a map.`);
    return;
  }
  if (isCastableAggregate(value) && (current === undefined || current.kind !== 'int')) {
    return notAssignable(node, map, value, t);
  }
  growValue(map, value, node, t);
}

/** Arguments of the call that a message shows. */
const EXAMPLES: Readonly<Record<string, string>> = {
  count: '',
  stats: 'arg2',
  lhist: 'rand %10, 0, 10, 1',
  tseries: 'rand %10, 10s, 1',
};

function notAssignable(node: Assign, map: MapTyping, value: Type, t: Typing): void {
  const call = `${map.name} = ${value.kind}(${EXAMPLES[value.kind] ?? 'retval'});`;
  const message = `Map value '${typeName(value)}' cannot be assigned from one map to another. The function that returns this type must be called directly e.g. \`${call}\`.`;
  const source = node.value.kind === 'map' ? node.value.name : '@x';
  const cast = `Add a cast to integer if you want the value of the aggregate, e.g. \`${map.name} = (int64)${source};\`.`;
  t.error(node, message, isCastableAggregate(value) ? { hints: [cast] } : {});
}

function growValue(map: MapTyping, value: Type, node: Assign, t: Typing): void {
  const mismatch = () =>
    t.error(
      node,
      `Type mismatch for ${map.name}: trying to assign value of type '${typeName(value)}' when map already has a type '${typeName(map.value!)}'`,
    );
  if (map.value && isAggregate(map.value)) return void mismatch();
  if (map.fixedValue) {
    if (!promote(map.value, value)) mismatch();
    return;
  }
  const grown = t.script.grow(map.value, inMap(value), mismatch);
  if (grown) map.value = grown;
}

/** What the verifier knew of a pointer is lost in a map. */
function inMap(type: Type): Type {
  if (type.kind === 'pointer' && type.typed) return { kind: 'pointer', to: type.to, space: type.space };
  if (type.kind === 'tuple') return tupleOf(type.of.map(inMap));
  return type;
}

function assignAggregate(node: Assign, target: MapReference | MapAccess, call: Call, t: Typing): void {
  inferPlace(target, t);
  const map = mapOf(target, t);
  map.written = true;
  const row = t.script.library.aggregate(call.name)!;
  for (const argument of call.arguments) infer(argument, t);
  checkCount(call, row, t);
  const type = row.type(call, t);
  t.set(call, type);
  if (!type) return;
  if (map.value && map.value.kind !== type.kind) {
    t.error(
      call,
      `Type mismatch for ${map.name}: trying to assign value of type '${typeName(type)}' when map already has a type '${typeName(map.value)}'`,
    );
    return;
  }
  // Equal kinds can differ in sign or buckets; a map without a type takes the aggregate as it is.
  const grown = t.script.grow(map.value ?? type, type, () =>
    t.error(node, `Type mismatch for ${map.name}: its ${type.kind}() calls differ in their arguments`),
  );
  if (map.value === undefined) t.script.changed = true;
  if (grown) map.value = grown;
}

/** Fields can be written where programs own the memory: in map values and in variables. */
function assignField(node: Assign, value: Type | undefined, t: Typing): void {
  const type = inferPlace(node.target, t);
  if (!type || !value) return;
  if (!isWritable(node.target, t)) {
    t.error(
      node,
      'Tuples and records are immutable once created. Consider creating a new value and assigning it instead.',
      {
        hints: [
          'only what a map holds can be changed in place: @m[key].field, or through the pointer that get() gives',
        ],
      },
    );
    return;
  }
  if (node.operator) compound(node, type, value, t);
  else if (!promote(type, value)) {
    t.error(
      node,
      `Type mismatch: trying to assign value of type '${typeName(value)}' to a field of type '${typeName(type)}'`,
    );
  }
}

/** A field of a map's value, named by the map or reached through a pointer into it, or of a struct variable. */
function isWritable(target: Expression, t: Typing): boolean {
  if (target.kind === 'map' || target.kind === 'map-access') return true;
  if (target.kind === 'variable') return t.typeOf(target)?.kind === 'struct';
  if (target.kind !== 'field' && target.kind !== 'index') return false;
  const type = t.typeOf(target.object);
  if (type?.kind === 'pointer') return type.space === 'map';
  return isWritable(target.object, t);
}

function inferWhile(node: While, t: Typing): void {
  infer(node.condition, t);
  t.loops++;
  inferBlock(node.body, t);
  t.loops--;
}

const MAX_UNROLL = 100n;

function inferUnroll(node: Unroll, t: Typing): void {
  infer(node.count, t);
  const count = constantOf(node.count, t);
  if (typeof count !== 'bigint') t.error(node.count, 'unroll expects a number known when compiling');
  else if (count > MAX_UNROLL) t.error(node, `unroll maximum value is ${MAX_UNROLL}`);
  else if (count < 1n) t.error(node, 'unroll minimum value is 1');
  inferBlock(node.body, t);
}

function inferFor(node: For, t: Typing): void {
  t.inScope(() => {
    const type = node.over.kind === 'map' ? iterated(node.over, t) : ranged(node, t);
    const outer = t.find(node.variable.name);
    if (outer && outer !== t.table.symbols.get(node.variable)) {
      t.error(node.variable, `Loop declaration shadows existing variable: ${node.variable.name}`, earlier(outer));
    }
    const symbol = t.declare(node.variable.name, node.variable, 'loop variable');
    if (type) {
      const grown = t.script.grow(symbol.type, type, () => {});
      if (grown) symbol.type = grown;
    }
    t.set(node.variable, symbol.type);
    t.loops++;
    // The loop's own scope holds its variable, which the callback is given.
    if (node.over.kind === 'map') t.callbacks.push({ loop: node, scope: t.scopes.length - 1 });
    inferBlock(node.body, t);
    if (node.over.kind === 'map') t.callbacks.pop();
    t.loops--;
  });
}

function iterated(over: MapReference, t: Typing): Type | undefined {
  if (t.script.map(over.name, over.span).scalar) {
    return t.error(over, `${over.name} has no explicit keys (scalar map), and cannot be used for iteration`);
  }
  const map = useMap(over, false, t);
  map.iterated = true;
  if (!t.script.isReadable(map, over.span)) return undefined;
  if (!map.key || !map.value) return t.undefinedMap(map.name, over);
  if (isAggregate(map.value) && !isCastableAggregate(map.value)) {
    return t.error(over, `Loop expression does not support type: ${typeName(map.value)}`);
  }
  const value = isCastableAggregate(map.value) ? intType(8, map.value.signed) : map.value;
  return tupleOf([map.key, value]);
}

function ranged(node: For, t: Typing): Type | undefined {
  if (node.over.kind !== 'range') return undefined;
  const from = infer(node.over.from, t);
  const to = infer(node.over.to, t);
  if (!from || !to) return undefined;
  if (from.kind !== 'int') t.error(node.over, 'Loop range requires an integer for the start value');
  if (to.kind !== 'int') t.error(node.over, 'Loop range requires an integer for the end value');
  return promote(from, to);
}

function inferReturn(node: Return, t: Typing): void {
  const value = node.value && infer(node.value, t);
  if (t.unit.kind === 'probe') {
    if (value && value.kind !== 'int') {
      t.error(node, `Probe return values can only be integers. Found ${typeName(value)}`);
    }
    return;
  }
  const fn = t.script.functions.get(t.unit.subprogram.name);
  const returns = fn?.returns;
  if (!returns) return;
  const given: Type = value ?? (node.value ? returns : { kind: 'void' });
  if (isTooLarge(node.value, returns) || (given.kind !== returns.kind && !promote(returns, given))) {
    t.error(
      node,
      `Function ${t.unit.subprogram.name} is of type ${typeName(returns)}, cannot return ${typeName(given)}`,
    );
  }
}
