/** A BTF type as plain data, told apart by `kind`. */
import type { Linkage } from './kinds.ts';

/** Number of a type in its BTF; 0 is void. */
export type TypeId = number;

export interface VoidType {
  readonly kind: 'void';
  readonly id: TypeId;
}

export interface IntType {
  readonly kind: 'int';
  readonly id: TypeId;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bits in use and where they start: differ from the size only in bit-fields of old compilers. */
  readonly bits: number;
  readonly bitOffset: number;
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
}

/** A type that says something about one other type. */
export interface ReferenceType {
  readonly kind: 'ptr' | 'volatile' | 'const' | 'restrict';
  readonly id: TypeId;
  readonly type: TypeId;
}

export interface NamedReferenceType {
  readonly kind: 'typedef' | 'type_tag';
  readonly id: TypeId;
  readonly name: string;
  readonly type: TypeId;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly id: TypeId;
  readonly type: TypeId;
  readonly index: TypeId;
  readonly count: number;
}

export interface Member {
  /** Empty for an anonymous struct or union, whose members are used as if they stood here. */
  readonly name: string;
  readonly type: TypeId;
  readonly offsetBits: number;
  /** Width of a bit-field; 0 for an ordinary member. */
  readonly bitSize: number;
}

export interface CompositeType {
  readonly kind: 'struct' | 'union';
  readonly id: TypeId;
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
}

export interface EnumType {
  readonly kind: 'enum' | 'enum64';
  readonly id: TypeId;
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly EnumValue[];
}

export interface EnumValue {
  readonly name: string;
  readonly value: bigint;
}

export interface FwdType {
  readonly kind: 'fwd';
  readonly id: TypeId;
  readonly name: string;
  readonly of: 'struct' | 'union';
}

export interface FuncType {
  readonly kind: 'func';
  readonly id: TypeId;
  readonly name: string;
  /** Its func_proto. */
  readonly type: TypeId;
  readonly linkage: Linkage;
}

export interface FuncProtoType {
  readonly kind: 'func_proto';
  readonly id: TypeId;
  readonly returns: TypeId;
  /** A last parameter of type 0 stands for `...`. */
  readonly params: readonly Param[];
}

export interface Param {
  readonly name: string;
  readonly type: TypeId;
}

export interface VarType {
  readonly kind: 'var';
  readonly id: TypeId;
  readonly name: string;
  readonly type: TypeId;
  readonly linkage: Linkage;
}

export interface DatasecType {
  readonly kind: 'datasec';
  readonly id: TypeId;
  readonly name: string;
  readonly size: number;
  readonly variables: readonly SectionVariable[];
}

export interface SectionVariable {
  /** A `var`, or a `func` in the section of extern kernel functions. */
  readonly type: TypeId;
  readonly offset: number;
  readonly size: number;
}

export interface FloatType {
  readonly kind: 'float';
  readonly id: TypeId;
  readonly name: string;
  readonly size: number;
}

export interface DeclTagType {
  readonly kind: 'decl_tag';
  readonly id: TypeId;
  readonly name: string;
  readonly type: TypeId;
  /** The member or parameter that is tagged; -1 for the type itself. */
  readonly component: number;
}

export type BtfType =
  | VoidType
  | IntType
  | ReferenceType
  | NamedReferenceType
  | ArrayType
  | CompositeType
  | EnumType
  | FwdType
  | FuncType
  | FuncProtoType
  | VarType
  | DatasecType
  | FloatType
  | DeclTagType;
