/** The rows of the tables of builtins, functions and aggregates: name, doc, type and lowering of each. */
import type { Address, Reg } from '../ir/index.ts';
import type { Builtin, Call, Identifier } from '../syntax/ast.ts';
import type { Type } from '../types/type.ts';
import type { Library, TypedAggregate, TypedBuiltin, TypedFunction } from '../types/typing.ts';
import type { Lowering } from './lowering.ts';
import type { Value } from './value.ts';

interface Documented {
  readonly name: string;
  /** For the reference: `uint64 nsecs([clock])`. */
  readonly signature: string;
  readonly doc: string;
}

export interface BuiltinRow extends Documented, TypedBuiltin {
  lower(l: Lowering, node: Builtin | Call | Identifier): Value;
  /** Writes the value in place instead. */
  into?(l: Lowering, to: Address, type: Type): void;
}

export interface FunctionRow extends Documented, TypedFunction {
  /** Happens when the tracer reads the event, not when the probe fires. */
  readonly async?: boolean;
  lower(call: Call, l: Lowering): Value;
  into?(call: Call, to: Address, type: Type, l: Lowering): void;
}

/** What `@m = count()` does to the map's value. */
export interface AggregateRow extends Documented, TypedAggregate {
  /** `values`: the arguments, lowered before the map is looked up. */
  update(at: Address, values: readonly Reg[], type: Type, call: Call, l: Lowering): void;
  /** Arguments that are lowered to registers; the others are known when compiling. */
  readonly operands: number;
}

export interface LoweringLibrary extends Library {
  builtin(name: string): BuiltinRow | undefined;
  function(name: string): FunctionRow | undefined;
  aggregate(name: string): AggregateRow | undefined;
}
