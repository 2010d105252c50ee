/** The path that a relocation takes through a type: "0:1:2" and what its numbers mean in one BTF. */
import { PebbleError } from '../../base/errors.ts';
import type { CoreKind, CoreRelocation } from '../btf/ext.ts';
import { type ArrayType, type Btf, type BtfType, type Member, resolve, sizeOf, type TypeId } from '../btf/index.ts';

export type CoreFamily = 'field' | 'type' | 'enum value';

const FAMILIES: Readonly<Record<CoreKind, CoreFamily>> = {
  field_byte_offset: 'field',
  field_byte_size: 'field',
  field_exists: 'field',
  field_signed: 'field',
  field_lshift_u64: 'field',
  field_rshift_u64: 'field',
  type_id_local: 'type',
  type_id_target: 'type',
  type_exists: 'type',
  type_size: 'type',
  type_matches: 'type',
  enumval_exists: 'enum value',
  enumval_value: 'enum value',
};

export function familyOf(kind: CoreKind): CoreFamily {
  return FAMILIES[kind];
}

/** One step: a member (or enumerator) by name, or an element of an array by index. */
export interface Step {
  /** The struct, union or enum that has the member; for an element its own type. */
  readonly type: TypeId;
  readonly index: number;
  readonly name?: string;
}

/** A path that is known to exist in a BTF. */
export interface Access {
  readonly btf: Btf;
  readonly root: TypeId;
  readonly steps: readonly Step[];
  /** From the start of the root; 0 for types and enumerators. */
  readonly offsetBits: number;
}

/** More than any compiler writes; keeps damaged objects cheap. */
const MAX_STEPS = 64;

export function readAccess(btf: Btf, relocation: CoreRelocation): Access {
  const indices = relocation.access.split(':').map(Number);
  if (!/^\d+(:\d+)*$/.test(relocation.access) || indices.length > MAX_STEPS) damaged(btf, relocation);
  switch (familyOf(relocation.kind)) {
    case 'type':
      return { btf, root: relocation.type, steps: [], offsetBits: 0 };
    case 'enum value':
      return enumAccess(btf, relocation, indices[0]!);
    case 'field':
      return fieldAccess(btf, relocation, indices);
  }
}

function enumAccess(btf: Btf, relocation: CoreRelocation, index: number): Access {
  const type = resolve(btf, relocation.type);
  const value = type.kind === 'enum' || type.kind === 'enum64' ? type.values[index] : undefined;
  if (value === undefined) return damaged(btf, relocation);
  return { btf, root: relocation.type, steps: [{ type: type.id, index, name: value.name }], offsetBits: 0 };
}

/** The first number is an index into an array of the root; each next one a member or an element. */
function fieldAccess(btf: Btf, relocation: CoreRelocation, [first, ...rest]: readonly number[]): Access {
  let type = resolve(btf, relocation.type);
  const steps: Step[] = [{ type: type.id, index: first! }];
  let offsetBits = first! * sizeOf(btf, type.id) * 8;
  for (const index of rest) {
    if (type.kind === 'struct' || type.kind === 'union') {
      const member: Member | undefined = type.members[index];
      if (member === undefined) return damaged(btf, relocation);
      offsetBits += member.offsetBits;
      // An anonymous struct is no step: its members are looked for by their own names.
      if (member.name !== '') steps.push({ type: type.id, index, name: member.name });
      type = resolve(btf, member.type);
    } else if (type.kind === 'array') {
      if (!allowsIndex(btf, type, index, steps.at(-1))) return damaged(btf, relocation);
      type = resolve(btf, type.type);
      steps.push({ type: type.id, index });
      offsetBits += index * sizeOf(btf, type.id) * 8;
    } else {
      return damaged(btf, relocation);
    }
  }
  return { btf, root: relocation.type, steps, offsetBits };
}

/** Any index will do for an array without a length that ends its struct. */
export function allowsIndex(btf: Btf, array: ArrayType, index: number, before: Step | undefined): boolean {
  if (index < array.count) return true;
  if (before?.name === undefined || array.count > 0) return false;
  const owner = btf.type(before.type);
  return (owner.kind === 'struct' || owner.kind === 'union') && before.index === owner.members.length - 1;
}

/** "struct task_struct.real_parent", "enum bpf_func_id.BPF_FUNC_loop", "typedef pid_t". */
export function accessText({ btf, root, steps }: Access): string {
  const type = btf.type(root);
  const name = btf.nameOf(root) || '(anonymous)';
  const path = steps.map((step, i) => (step.name === undefined ? (i > 0 ? `[${step.index}]` : '') : `.${step.name}`));
  return `${keyword(type)} ${name}${path.join('')}`;
}

export function keyword(type: BtfType): string {
  return type.kind === 'enum64' ? 'enum' : type.kind;
}

function damaged(btf: Btf, { kind, type, access }: CoreRelocation): never {
  throw new PebbleError('format', {
    doing: `reading ${btf.name}`,
    what: `a ${kind} relocation takes the path "${access}" through type ${type}, where there is none`,
  });
}
