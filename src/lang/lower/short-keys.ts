/** Keys that end in a long text: the short ones have a map of their own, because the kernel hashes every byte of a key. */
import { type Shape, sizeOf } from '../../base/record.ts';
import { type Address, imm, type Operand, type Reg } from '../ir/index.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { shapeOf } from '../types/layout.ts';
import { type StringType, stringType, type Type } from '../types/type.ts';
import type { Lowering } from './lowering.ts';
import type { MapPlan } from './map-plan.ts';
import { fieldsOf, pointerOf } from './memory.ts';
import { offsetBy } from './value.ts';

/** Of a text's bytes, its NUL included. Key and hash of 1,024 bytes take half a microsecond; many statements are shorter than this. */
const SHORT = 128;
/** Keys end at such a place, so that no padding follows their text. */
const ALIGN = 8;

/** A short key is the start of the long one, whose other bytes are zeros. */
export interface ShortKeys {
  /** Name of their map. */
  readonly map: string;
  readonly shape: Shape;
  /** How much of the text is theirs; its last byte, at `end` of the key, is 0. */
  readonly bytes: number;
  readonly end: number;
}

/** undefined: the key does not end in a text that is long. */
export function shortKeys(map: string, key: Type): ShortKeys | undefined {
  const last = key.kind === 'tuple' ? fieldsOf(key).at(-1)! : { type: key, offset: 0 };
  const bytes = SHORT - (last.offset % ALIGN);
  if (last.type.kind !== 'string' || last.type.size < 2 * SHORT) return undefined;
  const text: StringType = stringType(bytes);
  const shape = shapeOf(key.kind === 'tuple' ? { ...key, of: [...key.of.slice(0, -1), text] } : text);
  const end = sizeOf(shape) - 1;
  return { map: `${map}.short`, shape, bytes, end };
}

/** The str() that makes the text at the end of a key. */
export function lastText(key: Expression): Call | undefined {
  const last = key.kind === 'tuple' ? key.items.at(-1)! : key;
  return last.kind === 'call' && last.name === 'str' && last.arguments.length === 1 ? last : undefined;
}

/** Calls a helper with the map that has the key. */
export function callOnMap(helper: string, plan: MapPlan, key: Address, others: readonly Operand[], l: Lowering): Reg {
  const { b } = l;
  const call = (map: string, result?: Reg) => b.helper(helper, [b.map(map), pointerOf(key, l), ...others], result);
  const { short } = plan;
  if (!short) return call(plan.spec.name);
  const result = b.reg();
  const inShort = () => void call(short.map, result);
  const inLong = () => void call(plan.spec.name, result);
  b.when('eq', b.load(offsetBy(key, short.end), 1), imm(0), inShort, inLong);
  return result;
}
