/** The types of the tracing language: plain data, compared by `sameType`, named by `typeName`. */

export type StackMode = 'bpftrace' | 'perf' | 'raw' | 'build_id';
/** Clock of a `timestamp`: what strftime() needs to turn nanoseconds into wall-clock time. */
export type ClockMode = 'monotonic' | 'boot' | 'tai' | 'sw_tai';
/**
 * Where a pointer points. 'map' is memory that programs read and write directly (a map's value, a variable);
 * 'context' the probe's context; 'unknown' an integer cast to a pointer, whose space the probe kind decides.
 */
export type AddressSpace = 'kernel' | 'user' | 'map' | 'context' | 'unknown';

export interface IntType {
  readonly kind: 'int';
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  /** A literal that fits either sign takes the sign of what it meets. Only while types are inferred. */
  readonly flexible?: boolean;
  /** Whose addresses it holds, when it is one; known where it comes from a probe's argument or from uptr() and kptr(). */
  readonly space?: 'kernel' | 'user';
}
export interface EnumType {
  readonly kind: 'enum';
  /** Without the word `enum`; empty for anonymous enums. */
  readonly name: string;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly names: ReadonlyMap<bigint, string>;
}
export interface StringType {
  readonly kind: 'string';
  /** Bytes of the buffer, terminating NUL included; a text that fills it without a NUL was truncated. 0: any. */
  readonly size: number;
  /** An array of C's that need not end with NUL: nothing was truncated. */
  readonly exact?: true;
}
/** A 4-byte length, then up to `size` bytes. */
export interface BufferType {
  readonly kind: 'buffer';
  readonly size: number;
}
export interface PointerType {
  readonly kind: 'pointer';
  readonly to: Type;
  readonly space: AddressSpace;
  /** The verifier knows what it points to (BTF), so a plain load does; lost when the value is stored in a map. */
  readonly typed?: boolean;
}
export interface ArrayType {
  readonly kind: 'array';
  readonly of: Type;
  readonly length: number;
}
/** A field of a struct, union or record. */
export interface Field {
  /** Empty for an anonymous struct or union, whose fields are found through it. */
  readonly name: string;
  /** Bytes from the start. */
  readonly offset: number;
  readonly type: Type;
  /** Position in bits from `offset`, little endian. */
  readonly bits?: { readonly offset: number; readonly width: number };
  /** The first bytes hold where the data is (tracepoints' __data_loc: u32 of length << 16 | offset). */
  readonly dataLoc?: boolean;
}
/** A C struct or union: of the kernel's BTF, of the script, of a target's layout table. */
export interface StructType {
  readonly kind: 'struct';
  /** With the word: `struct task_struct`, `union sigval`. */
  readonly name: string;
  readonly size: number;
  readonly align: 1 | 2 | 4 | 8;
  /** Of the kernel's BTF: the verifier knows it. */
  readonly kernel?: boolean;
  /** Computed when first asked for: kernel structs are large and refer to each other. */
  fields(): readonly Field[];
}
export interface TupleType {
  readonly kind: 'tuple';
  readonly of: readonly Type[];
}
export interface RecordType {
  readonly kind: 'record';
  readonly fields: readonly { readonly name: string; readonly type: Type }[];
}
export interface StackType {
  readonly kind: 'stack';
  readonly space: 'kernel' | 'user';
  readonly mode: StackMode;
  /** Largest number of frames. */
  readonly limit: number;
}
export interface AggregateType {
  readonly kind: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'stats';
  readonly signed: boolean;
}
/** Power-of-two buckets, each halved `bits` times (0–5). */
export interface HistType {
  readonly kind: 'hist';
  readonly bits: number;
}
/** Exponential buckets, 2^scale to each power of two. */
export interface EhistType {
  readonly kind: 'ehist';
  readonly scale: number;
}
export interface LhistType {
  readonly kind: 'lhist';
  readonly min: bigint;
  readonly max: bigint;
  readonly step: bigint;
}
export interface TSeriesType {
  readonly kind: 'tseries';
  /** Nanoseconds of one bucket, and how many are kept. */
  readonly interval: bigint;
  readonly buckets: number;
  readonly aggregate: 'none' | 'avg' | 'max' | 'min' | 'sum';
  readonly signed: boolean;
}
/** What strftime() gives: nanoseconds of a clock, formatted when printed. */
export interface TimestampType {
  readonly kind: 'timestamp';
  readonly clock: ClockMode;
  readonly format: string;
}
export interface InetType {
  readonly kind: 'inet';
}
/** A value that user space turns into a text when it prints it. */
export interface SymbolicType {
  readonly kind: 'ksym' | 'usym' | 'mac' | 'username';
}
export interface CgroupPathType {
  readonly kind: 'cgroupPath';
  /** Which hierarchy: the pattern given to cgroup_path(), empty for all. */
  readonly filter: string;
}
/** No value (statements, actions), or C's void behind a pointer. */
export interface NoneType {
  readonly kind: 'none' | 'void';
}
/** C's float and double: read, kept and printed; BPF has no arithmetic for them. */
export interface FloatType {
  readonly kind: 'float';
  readonly size: 4 | 8;
}
export interface BoolType {
  readonly kind: 'bool';
}

export type Type =
  | NoneType
  | BoolType
  | FloatType
  | IntType
  | EnumType
  | StringType
  | BufferType
  | PointerType
  | ArrayType
  | StructType
  | TupleType
  | RecordType
  | StackType
  | AggregateType
  | HistType
  | EhistType
  | LhistType
  | TSeriesType
  | TimestampType
  | InetType
  | SymbolicType
  | CgroupPathType;

export type TypeKind = Type['kind'];

const int = (size: 1 | 2 | 4 | 8, signed: boolean): IntType => ({ kind: 'int', size, signed });
export const NONE: NoneType = { kind: 'none' };
export const VOID: NoneType = { kind: 'void' };
export const BOOL: BoolType = { kind: 'bool' };
export const INT8 = int(1, true);
export const INT16 = int(2, true);
export const INT32 = int(4, true);
export const INT64 = int(8, true);
export const UINT8 = int(1, false);
export const UINT16 = int(2, false);
export const UINT32 = int(4, false);
export const UINT64 = int(8, false);
export const intType = int;
export const stringType = (size: number): StringType => ({ kind: 'string', size });
/** Users expect text of char arrays; (int8[]) casts back. */
export const charArray = (size: number): StringType => ({ kind: 'string', size, exact: true });
export const pointerTo = (to: Type, space: AddressSpace, typed = false): PointerType =>
  typed ? { kind: 'pointer', to, space, typed } : { kind: 'pointer', to, space };
export const arrayOf = (of: Type, length: number): ArrayType => ({ kind: 'array', of, length });
export const tupleOf = (of: readonly Type[]): TupleType => ({ kind: 'tuple', of });

const intName = (type: IntType): string => `${type.signed ? '' : 'u'}int${type.size * 8}`;
const signedName = (signed: boolean, name: string): string => (signed ? name : `u${name}`);

/** The type as messages and `typeinfo` write it. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'int':
      return intName(type);
    case 'float':
      return type.size === 4 ? 'float' : 'double';
    case 'enum':
      return `enum ${type.name}`;
    case 'string':
      return type.size === 0 ? 'string' : `string[${type.size}]`;
    case 'buffer':
      return `buffer[${type.size}]`;
    case 'inet':
      return 'inet[24]';
    case 'pointer':
      return `${typeName(type.to)} *`;
    case 'array':
      return `${typeName(type.of)}[${type.length}]`;
    case 'struct':
      return type.name;
    case 'tuple':
      return `(${type.of.map(typeName).join(',')})`;
    case 'record':
      return `record { ${type.fields.map((f) => `.${f.name} = ${typeName(f.type)}`).join(', ')} }`;
    case 'stack':
      return `${type.space === 'kernel' ? 'k' : 'u'}stack_${type.mode}_${type.limit}`;
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
      return signedName(type.signed, `${type.kind}_t`);
    case 'none':
    case 'void':
    case 'bool':
    case 'username':
    case 'timestamp':
      return type.kind;
    case 'mac':
      return 'mac_address';
    case 'cgroupPath':
      return 'cgroup_path_t';
    default:
      return `${type.kind}_t`;
  }
}

/** Without sizes and limits: `string`, `kstack`. */
export const kindName = (type: Type): string =>
  type.kind === 'stack'
    ? type.space === 'kernel'
      ? 'kstack'
      : 'ustack'
    : type.kind === 'string'
      ? 'string'
      : typeName(type);

/** Same in every respect that matters for layout and meaning. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'int':
      return a.size === (b as IntType).size && a.signed === (b as IntType).signed;
    case 'pointer': {
      const other = b as PointerType;
      return a.space === other.space && a.typed === other.typed && sameType(a.to, other.to);
    }
    case 'array':
      return a.length === (b as ArrayType).length && sameType(a.of, (b as ArrayType).of);
    case 'struct':
      return a.name === (b as StructType).name && a.size === (b as StructType).size;
    case 'tuple': {
      const other = b as TupleType;
      return a.of.length === other.of.length && a.of.every((type, i) => sameType(type, other.of[i]!));
    }
    case 'record': {
      const other = (b as RecordType).fields;
      return (
        a.fields.length === other.length &&
        a.fields.every((f, i) => f.name === other[i]!.name && sameType(f.type, other[i]!.type))
      );
    }
    default:
      return sameParts(a, b);
  }
}

function sameParts(a: Type, b: Type): boolean {
  const other = b as unknown as Record<string, unknown>;
  return Object.entries(a).every(([name, value]) => name === 'names' || other[name] === value);
}

const AGGREGATES: ReadonlySet<TypeKind> = new Set([
  'count',
  'sum',
  'min',
  'max',
  'avg',
  'stats',
  'hist',
  'ehist',
  'lhist',
  'tseries',
]);
/** What only a map's value can be: kept one a CPU and merged when read. */
export const isAggregate = (type: Type): boolean => AGGREGATES.has(type.kind);
/** Aggregates that a program can read as an integer. */
export const isCastableAggregate = (type: Type): type is AggregateType =>
  type.kind === 'count' || type.kind === 'sum' || type.kind === 'min' || type.kind === 'max' || type.kind === 'avg';
export const isInt = (type: Type): type is IntType => type.kind === 'int';
/** Held in one register. */
export const isScalar = (type: Type): boolean =>
  type.kind === 'int' ||
  type.kind === 'enum' ||
  type.kind === 'bool' ||
  type.kind === 'float' ||
  type.kind === 'pointer' ||
  type.kind === 'ksym' ||
  type.kind === 'cgroupPath' ||
  type.kind === 'username';
export const isSigned = (type: Type): boolean =>
  (type.kind === 'int' || type.kind === 'enum' || isCastableAggregate(type)) && type.signed;
