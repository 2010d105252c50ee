/** Finds a local path again in a kernel type: members by name, wherever they have moved to. */
import type { CoreKind } from '../btf/ext.ts';
import { type Btf, resolve, sizeOf, type TypeId } from '../btf/index.ts';
import { type Access, allowsIndex, familyOf, type Step } from './access.ts';
import type { Candidate } from './candidates.ts';
import { compatibleFields, compatibleTypes, isComposite } from './compatible.ts';
import { matchesType } from './equal.ts';
import { essentialName } from './names.ts';

/** The same path in the candidate; undefined when it does not have it. */
export function matchAccess(kind: CoreKind, local: Access, { btf, id }: Candidate): Access | undefined {
  switch (familyOf(kind)) {
    case 'type': {
      const same = kind === 'type_matches' ? matchesType : compatibleTypes;
      return same(local.btf, local.root, btf, id) ? { btf, root: id, steps: [], offsetBits: 0 } : undefined;
    }
    case 'enum value':
      return matchEnumerator(local, btf, id);
    case 'field':
      return matchField(local, btf, id);
  }
}

function matchEnumerator(local: Access, btf: Btf, id: TypeId): Access | undefined {
  const type = resolve(btf, id);
  if (type.kind !== 'enum' && type.kind !== 'enum64') return undefined;
  const wanted = essentialName(local.steps[0]!.name!);
  const index = type.values.findIndex(({ name }) => essentialName(name) === wanted);
  if (index < 0) return undefined;
  return { btf, root: id, steps: [{ type: type.id, index, name: type.values[index]!.name }], offsetBits: 0 };
}

function matchField(local: Access, btf: Btf, id: TypeId): Access | undefined {
  const steps: Step[] = [];
  let offsetBits = 0;
  let at = id;
  for (const [i, step] of local.steps.entries()) {
    if (step.name === undefined) {
      if (i > 0) {
        const array = resolve(btf, at);
        if (array.kind !== 'array' || !allowsIndex(btf, array, step.index, steps.at(-1))) return undefined;
        at = array.type;
      }
      at = resolve(btf, at).id;
      steps.push({ type: at, index: step.index });
      offsetBits += step.index * sizeOf(btf, at) * 8;
    } else {
      const found = findMember(btf, at, step.name, new Set());
      if (found === undefined || !compatibleFields(local.btf, memberType(local.btf, step), btf, found.memberType)) {
        return undefined;
      }
      steps.push(found.step);
      offsetBits += found.offsetBits;
      at = found.memberType;
    }
  }
  return { btf, root: id, steps, offsetBits };
}

interface FoundMember {
  readonly step: Step;
  readonly memberType: TypeId;
  /** From the start of the struct that was searched. */
  readonly offsetBits: number;
}

/** By name, also in anonymous structs and unions; `seen` keeps damaged BTF from going round. */
function findMember(btf: Btf, id: TypeId, name: string, seen: Set<TypeId>): FoundMember | undefined {
  const type = resolve(btf, id);
  if (!isComposite(type) || seen.has(type.id)) return undefined;
  seen.add(type.id);
  for (const [index, member] of type.members.entries()) {
    if (member.name === name) {
      return { step: { type: type.id, index, name }, memberType: member.type, offsetBits: member.offsetBits };
    }
    if (member.name !== '') continue;
    const inner = findMember(btf, member.type, name, seen);
    if (inner) return { ...inner, offsetBits: inner.offsetBits + member.offsetBits };
  }
  return undefined;
}

function memberType(btf: Btf, step: Step): TypeId {
  const owner = btf.type(step.type);
  return isComposite(owner) ? owner.members[step.index]!.type : 0;
}
