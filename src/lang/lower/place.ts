/** Addresses of what can be assigned to: variables, map values, their fields and elements. */
import { type Address, address, type BlockId, imm } from '../ir/index.ts';
import type { AssignTarget, Expression, FieldAccess, IndexAccess } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import { integral } from '../types/operators.ts';
import type { StructType, Type } from '../types/type.ts';
import { findField } from '../types/type-space.ts';
import { convert } from './convert.ts';
import type { Lowering } from './lowering.ts';
import { lookUp, lookUpOrInsert, openEntry } from './maps.ts';
import { fieldsOf, pointerOf, toScalar } from './memory.ts';
import { offsetBy } from './value.ts';

export interface PlaceAddress {
  readonly at: Address;
  readonly type: Type;
  /** Other CPUs write it too. */
  readonly shared: boolean;
}

/** Jumps to `missing` where there is no such entry (and `insert` is false, or the map is full), or the index is too large. */
export function placeAddress(
  node: AssignTarget | Expression,
  insert: boolean,
  missing: BlockId,
  l: Lowering,
): PlaceAddress {
  switch (node.kind) {
    case 'variable': {
      const symbol = l.symbolOf(node);
      const storage = l.variable(symbol);
      if (storage.in === 'memory') return { at: storage.at, type: symbol.type!, shared: false };
      break;
    }
    case 'map':
    case 'map-access': {
      const entry = openEntry(node, l);
      const found = insert ? lookUpOrInsert(entry, l) : lookUp(entry, l);
      if (entry.key || entry.owner) notNull(found, missing, l);
      return { at: address(found), type: entry.plan.script.value, shared: !entry.plan.perCpu && !entry.owner };
    }
    case 'field':
      return fieldPlace(node, insert, missing, l);
    case 'index':
      return indexPlace(node, insert, missing, l);
  }
  return pointerPlace(node as Expression, missing, l);
}

/** Through a pointer: the place is what it points to. */
function pointerPlace(node: Expression, missing: BlockId, l: Lowering): PlaceAddress {
  const pointer = toScalar(l.value(node), l);
  const reg = pointer.operand.kind === 'reg' ? pointer.operand : l.b.mov(pointer.operand);
  notNull(reg, missing, l);
  const type = pointer.type.kind === 'pointer' ? pointer.type.to : pointer.type;
  return { at: address(reg), type, shared: false };
}

function notNull(pointer: ReturnType<Lowering['b']['mov']>, missing: BlockId, l: Lowering): void {
  const present = l.b.block();
  l.b.branch('ne', pointer, imm(0), present, missing);
  l.b.enter(present);
}

function objectPlace(object: Expression, insert: boolean, missing: BlockId, l: Lowering): PlaceAddress {
  const isPointer = l.typeOf(object).kind === 'pointer';
  return isPointer ? pointerPlace(object, missing, l) : placeAddress(object, insert, missing, l);
}

function fieldPlace(node: FieldAccess, insert: boolean, missing: BlockId, l: Lowering): PlaceAddress {
  const object = objectPlace(node.object, insert, missing, l);
  if (object.type.kind === 'record') {
    const field = fieldsOf(object.type).find(({ name }) => name === node.name)!;
    return { ...object, type: field.type, at: offsetBy(object.at, field.offset) };
  }
  const field = findField(object.type as StructType, node.name)!;
  return { ...object, type: field.type, at: offsetBy(object.at, field.offset) };
}

function indexPlace(node: IndexAccess, insert: boolean, missing: BlockId, l: Lowering): PlaceAddress {
  const object = objectPlace(node.object, insert, missing, l);
  const type = object.type.kind === 'array' ? object.type.of : object.type.kind === 'string' ? byte : object.type;
  const size = sizeOfType(type);
  const constant = l.constant(node.index);
  if (typeof constant === 'bigint') return { ...object, type, at: offsetBy(object.at, Number(constant) * size) };
  const index = toScalar(l.value(node.index), l);
  const checked = l.b.mov(
    integral(index.type) ? convert(index, { kind: 'int', size: 8, signed: false }, l).operand : index.operand,
  );
  const inside = l.b.block();
  l.b.branch('ult', checked, imm(Math.floor(sizeOfType(object.type) / size)), inside, missing);
  l.b.enter(inside);
  const at = l.b.add(pointerOf(object.at, l), size === 1 ? checked : l.b.binary('mul', checked, imm(size)));
  return { ...object, type, at: address(at) };
}

const byte: Type = { kind: 'int', size: 1, signed: true };
