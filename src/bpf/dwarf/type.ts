/** The types that debug information describes, as plain data; what a type refers to is read when asked for. */

export interface VoidType {
  readonly kind: 'void';
}
export interface BaseType {
  readonly kind: 'base';
  readonly name: string;
  readonly size: number;
  /** ENCODING. */
  readonly encoding: number;
}
export interface PointerType {
  readonly kind: 'pointer';
  readonly sigil: '*' | '&' | '&&';
  readonly size: number;
  readonly to: DwarfType;
}
export interface StructType {
  readonly kind: 'struct';
  readonly tag: 'struct' | 'union' | 'class';
  /** Empty when it has none. */
  readonly name: string;
  readonly size: number;
  members(): readonly Member[];
}
export interface Member {
  /** Empty for an anonymous struct or union, and for a base class: their members are found through it. */
  readonly name: string;
  readonly type: DwarfType;
  /** From the start of the struct. */
  readonly offsetBits: number;
  /** Of a bit-field; else 0. */
  readonly bitSize: number;
}
export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  values(): readonly { readonly name: string; readonly value: bigint }[];
}
/** Of several dimensions when its elements are arrays. */
export interface ArrayType {
  readonly kind: 'array';
  readonly of: DwarfType;
  /** 0 when not known. */
  readonly length: number;
}
export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly of: DwarfType;
}
export interface QualifiedType {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic';
  readonly of: DwarfType;
}
export interface FunctionType {
  readonly kind: 'function';
  readonly returns: DwarfType;
  readonly parameters: readonly DwarfType[];
  readonly variadic: boolean;
}

export type DwarfType =
  | VoidType
  | BaseType
  | PointerType
  | StructType
  | EnumType
  | ArrayType
  | TypedefType
  | QualifiedType
  | FunctionType;

/** More typedefs and qualifiers than any real type has: damaged ones may go in circles. */
const MAX_LAYERS = 100;

/** Without typedefs and qualifiers. */
export function peel(type: DwarfType): Exclude<DwarfType, TypedefType | QualifiedType> {
  for (let i = 0; i < MAX_LAYERS; i++) {
    if (type.kind !== 'typedef' && type.kind !== 'qualified') return type;
    type = type.of;
  }
  return { kind: 'void' };
}
