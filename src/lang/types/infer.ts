/** Infers all types of a script: sweeps over its units until nothing grows, then once more to report. */
import { DECLARED_TYPES } from '../lower/map-plan.ts';
import type { MapDeclaration, TypeExpression } from '../syntax/ast.ts';
import { infer } from './infer-expression.ts';
import { inferBlock } from './infer-statement.ts';
import { isCondition } from './operators.ts';
import { INT8, isAggregate, kindName, pointerTo, type RecordType, type Type, typeName } from './type.ts';
import { resolveType } from './type-expressions.ts';
import { type MapTyping, newTable, type ScriptTyping, type TypeTable, Typing, type Unit } from './typing.ts';

/** Types only widen, each a few times; more sweeps than this mean a rule that does not settle. */
const MAX_SWEEPS = 64;

export interface TypedUnit {
  readonly unit: Unit;
  readonly table: TypeTable;
}

export function inferScript(script: ScriptTyping, units: readonly Unit[]): TypedUnit[] {
  const typed = units.map((unit) => ({ unit, table: newTable() }));
  settle(script, typed);
  // `@x++` alone, `@x += 1` alone: integers.
  for (const map of script.maps.values()) {
    if (map.value === undefined && map.written) {
      map.value = INT8;
      settle(script, typed);
    }
  }
  script.final = true;
  sweep(script, typed);
  warnUnused(script);
  checkDeclared(script);
  return typed;
}

function warnUnused(script: ScriptTyping): void {
  for (const { name, span } of script.declarations.values()) {
    if (!script.maps.has(name)) script.warning(span, `Unused map: ${name}`);
  }
}

/** Aggregates are kept one a CPU, other values once: a declaration cannot say otherwise. */
function checkDeclared(script: ScriptTyping): void {
  for (const declaration of script.declarations.values()) {
    const map = script.maps.get(declaration.name);
    if (!(declaration.type in DECLARED_TYPES)) {
      script.error(declaration.span, `Invalid bpf map type: ${declaration.type}`, {
        hints: [`Valid map types: ${Object.keys(DECLARED_TYPES).join(', ')}`],
      });
    } else if (!(declaration.maxEntries || declaration.type.endsWith('_storage'))) {
      script.error(declaration.span, `${declaration.name} keeps no key: ${declaration.type}(n) takes 1 or more`);
    } else if (declaration.type === 'topk') {
      checkTop(script, declaration, map);
    } else if (map?.value && !map.fixedValue && map.value.kind !== 'record' && HASHES.test(declaration.type)) {
      const needed = isAggregate(map.value) ? 'percpuhash' : 'hash';
      if (isAggregate(map.value) === declaration.type.startsWith('percpu')) continue;
      const types = `Type from declaration: ${declaration.type}. Type from value/key type: ${needed}`;
      script.error(map.span, `Incompatible map types. ${types}`);
    }
  }
}

function checkTop(script: ScriptTyping, { name }: MapDeclaration, map: MapTyping | undefined): void {
  if (!map?.value || (!map.scalar && (map.value.kind === 'count' || map.value.kind === 'sum'))) return;
  const held = map.scalar ? 'no keys' : `values of type ${typeName(map.value)}`;
  script.error(map.span, `${name} has ${held}: a topk map counts keys`, {
    hints: [`write ${name}[key] = count(), or sum(n)`],
  });
}

const HASHES = /hash$/;

function settle(script: ScriptTyping, typed: readonly TypedUnit[]): void {
  for (let i = 0; i < MAX_SWEEPS; i++) {
    script.changed = false;
    sweep(script, typed);
    if (!script.changed) return;
  }
}

function sweep(script: ScriptTyping, typed: readonly TypedUnit[]): void {
  for (const { unit, table } of typed) {
    const t = new Typing(script, unit, table);
    if (unit.kind === 'probe') sweepProbe(unit, t);
    else sweepFunction(unit, t);
  }
}

function sweepProbe({ probe }: Extract<Unit, { kind: 'probe' }>, t: Typing): void {
  if (probe.predicate) {
    const { condition } = probe.predicate;
    const type = t.inScope(() => infer(condition, t));
    if (type && !isCondition(type)) t.error(probe.predicate, `Invalid condition: ${kindName(type)}`);
  }
  inferBlock(probe.body, t);
}

function sweepFunction({ subprogram }: Extract<Unit, { kind: 'function' }>, t: Typing): void {
  const fn = t.script.functions.get(subprogram.name)!;
  t.inScope(() => {
    // typeof() may name a later parameter.
    const symbols = subprogram.parameters.map(({ variable }) =>
      t.declare(variable.name, variable, 'function parameter'),
    );
    subprogram.parameters.forEach((parameter, i) => {
      const symbol = symbols[i]!;
      symbol.fixed = true;
      const type = symbol.type ?? parameterType(resolveType(parameter.type, t));
      if (!type) return;
      if (!isScalar('parameters', type, parameter.type, t)) return;
      symbol.type = type;
      fn.parameters[i] = type;
    });
    fn.returns ??= resolveType(subprogram.returns, t);
    if (fn.returns) isScalar('return values', fn.returns, subprogram.returns, t);
    inferBlock(subprogram.body, t);
  });
}

const SCALARS: ReadonlySet<Type['kind']> = new Set(['int', 'bool', 'enum', 'pointer', 'none', 'void']);

/** Functions of BPF take and give what a register holds. */
function isScalar(what: string, type: Type, node: TypeExpression, t: Typing): boolean {
  if (SCALARS.has(type.kind)) return true;
  t.error(node, `Function ${what} can only be numbers and pointers. Found ${typeName(type)}`, {
    hints: ['a macro takes and gives values of any type'],
  });
  return false;
}

/** Callers pass pointers to map values, to records and to kernel structs: the verifier sees which at each call. */
function parameterType(type: Type | undefined): Type | undefined {
  if (type?.kind !== 'pointer' || type.space !== 'unknown') return type;
  const kernel = type.to.kind === 'struct' && type.to.kernel === true;
  return pointerTo(type.to, kernel ? 'kernel' : 'map', kernel);
}

/** Types that a map's declaration spells out. */
export function declareMaps(script: ScriptTyping, declarations: readonly MapDeclaration[], t: Typing): void {
  for (const declaration of declarations) {
    script.declarations.set(declaration.name, declaration);
    if (!declaration.fields && !declaration.value) continue;
    const map = script.map(declaration.name, declaration.span);
    const type = declaration.value ? resolveType(declaration.value, t) : recordType(declaration, t);
    if (!type) continue;
    map.value = type;
    map.fixedValue = true;
  }
}

function recordType(declaration: MapDeclaration, t: Typing): RecordType | undefined {
  const fields = declaration.fields!.map(({ name, type }) => ({ name, type: resolveType(type, t) }));
  if (fields.some((field) => field.type === undefined)) return undefined;
  return { kind: 'record', fields: fields as RecordType['fields'] };
}
