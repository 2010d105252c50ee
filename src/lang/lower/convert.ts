/** Conversions between scalar types: which bits survive, and how the register is filled up. */
import { imm, type Operand } from '../ir/index.ts';
import { integral } from '../types/operators.ts';
import { BOOL, type IntType, type Type } from '../types/type.ts';
import type { Lowering } from './lowering.ts';
import { type ScalarValue, scalar } from './value.ts';

export function convert(value: ScalarValue, to: Type, l: Lowering): ScalarValue {
  if (to.kind === 'bool') return value.type.kind === 'bool' ? value : scalar(BOOL, asBool(value.operand, l));
  const target = integral(to);
  const source = integral(value.type);
  if (!target || !source) return target ? scalar(to, truncate(value.operand, target, l)) : scalar(to, value.operand);
  return scalar(to, convertInt(value.operand, source, target, l));
}

function convertInt(operand: Operand, from: IntType, to: IntType, l: Lowering): Operand {
  if (to.size === 8) return operand;
  if (to.size > from.size && (!from.signed || to.signed)) return operand;
  if (to.size === from.size && to.signed === from.signed) return operand;
  return truncate(operand, to, l);
}

/** Keeps the low bytes and extends them again; constants at once. */
export function truncate(operand: Operand, to: IntType, l: Lowering): Operand {
  if (operand.kind === 'imm') {
    const bits = to.size * 8;
    return imm(to.signed ? BigInt.asIntN(bits, operand.value) : BigInt.asUintN(bits, operand.value));
  }
  return to.size === 8 ? operand : l.b.extend(operand, to.size, to.signed);
}

export function asBool(operand: Operand, l: Lowering): Operand {
  return operand.kind === 'imm' ? imm(operand.value === 0n ? 0 : 1) : l.b.compare('ne', operand, imm(0));
}
