/** What lowering an expression gives: a register or constant, a text known when compiling, or bytes in memory. */
import type { Address, Operand } from '../ir/index.ts';
import type { AddressSpace, StringType, Type } from '../types/type.ts';

export interface NoValue {
  readonly kind: 'none';
}
/** Extended to 64 bits as its type says. */
export interface ScalarValue {
  readonly kind: 'scalar';
  readonly type: Type;
  readonly operand: Operand;
}
/** Bytes without their NUL. */
export interface LiteralValue {
  readonly kind: 'literal';
  readonly type: StringType;
  readonly bytes: Buffer;
}
export interface MemoryValue {
  readonly kind: 'memory';
  readonly type: Type;
  readonly at: Address;
  /** 'map': plain loads and stores; 'context': plain loads of its scalars; else through a helper unless `typed`. */
  readonly space: AddressSpace;
  readonly typed?: boolean;
  readonly bits?: { readonly offset: number; readonly width: number };
}
export type Value = NoValue | ScalarValue | LiteralValue | MemoryValue;

export const NO_VALUE: NoValue = { kind: 'none' };
export const scalar = (type: Type, operand: Operand): ScalarValue => ({ kind: 'scalar', type, operand });
export const inMemory = (type: Type, at: Address): MemoryValue => ({ kind: 'memory', type, at, space: 'map' });

export const offsetBy = (at: Address, bytes: number): Address => ({ base: at.base, offset: at.offset + bytes });
