/** Decides every relocation of one object: what the kernel's types say, or what is missing there. */
import { PebbleError } from '../../base/errors.ts';
import type { Instruction } from '../asm/index.ts';
import type { CoreRelocation } from '../btf/ext.ts';
import type { Btf, TypeId } from '../btf/index.ts';
import { type Access, accessText, familyOf, keyword, readAccess } from './access.ts';
import { type Candidate, type CoreTargets, findCandidates } from './candidates.ts';
import { matchAccess } from './match.ts';
import { essentialName } from './names.ts';
import { type Decision, patchInstruction } from './patch.ts';
import { coreValue } from './value.ts';

export class Relocator {
  readonly #local: Btf;
  readonly #targets: CoreTargets;
  /** What each local type may stand for; a path that was found leaves only those that have it. */
  readonly #candidates = new Map<TypeId, readonly Candidate[]>();

  constructor(local: Btf, targets: CoreTargets) {
    this.#local = local;
    this.#targets = targets;
  }

  /** The instruction as this kernel needs it; two where a poisoned one took two slots. */
  apply(relocation: CoreRelocation, insn: Instruction): readonly Instruction[] {
    return patchInstruction(insn, this.decide(relocation), `relocating ${this.#describe(relocation)}`);
  }

  decide(relocation: CoreRelocation): Decision {
    const { kind } = relocation;
    const local = readAccess(this.#local, relocation);
    const original = coreValue(kind, local)!;
    if (kind === 'type_id_local') return { original, value: original };
    const matched = this.#match(relocation, local);
    const value = coreValue(kind, matched);
    if (value === undefined) return { original, missing: this.#missing(relocation, local) };
    return { original, value };
  }

  /** All candidates that have the path must agree on what it means. */
  #match(relocation: CoreRelocation, local: Access): Access | undefined {
    const { kind, type } = relocation;
    const candidates = this.#candidatesOf(type);
    const matching = candidates.flatMap((candidate) => {
      const access = matchAccess(kind, local, candidate);
      return access ? [{ candidate, access }] : [];
    });
    const first = matching[0]?.access;
    if (first === undefined) return undefined;
    for (const { access } of matching) {
      const same =
        access.offsetBits === first.offsetBits && coreValue(kind, access)?.value === coreValue(kind, first)?.value;
      if (!same) this.#fail(relocation, `this kernel has several types of that name, which disagree about it`);
    }
    this.#candidates.set(
      type,
      matching.map(({ candidate }) => candidate),
    );
    return first;
  }

  #candidatesOf(type: TypeId): readonly Candidate[] {
    let candidates = this.#candidates.get(type);
    if (candidates === undefined) {
      candidates = findCandidates(this.#local, type, this.#targets);
      this.#candidates.set(type, candidates);
    }
    return candidates;
  }

  #missing({ kind, type }: CoreRelocation, local: Access): string {
    const named = this.#local.type(type);
    const name = `${keyword(named)} ${essentialName(this.#local.nameOf(type)) || '(anonymous)'}`;
    if (this.#candidatesOf(type).length === 0) return `this kernel has no ${name}`;
    const part = familyOf(kind) === 'field' ? 'member' : 'value';
    const path = accessText({ ...local, root: type }).slice(accessText({ ...local, steps: [] }).length + 1);
    return `${name} of this kernel has no ${part} ${path} of a compatible type`;
  }

  #describe(relocation: CoreRelocation): string {
    return `${accessText(readAccess(this.#local, relocation))} (${relocation.kind})`;
  }

  #fail(relocation: CoreRelocation, what: string): never {
    throw new PebbleError('unsupported', { doing: `relocating ${this.#describe(relocation)}`, what });
  }
}
