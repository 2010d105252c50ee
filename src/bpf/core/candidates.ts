/** Finds the kernel types that a local type may stand for: those of its name and kind. */
import type { Btf, BtfKind, TypeId } from '../btf/index.ts';
import { sameKind } from './compatible.ts';
import { essentialName } from './names.ts';

/** Where the types of the running kernel are. */
export interface CoreTargets {
  readonly kernel: Btf;
  /** Asked only for what the kernel itself does not have. */
  modules(): Iterable<Btf>;
}

export interface Candidate {
  readonly btf: Btf;
  readonly id: TypeId;
}

const KINDS: readonly BtfKind[] = [
  'int',
  'struct',
  'union',
  'enum',
  'enum64',
  'fwd',
  'typedef',
  'func',
  'func_proto',
  'float',
];

export function findCandidates(local: Btf, root: TypeId, targets: CoreTargets): Candidate[] {
  const kind = local.kindOf(root);
  const name = essentialName(local.nameOf(root));
  if (name === '' || !KINDS.includes(kind)) return [];
  const inBtf = (btf: Btf): Candidate[] =>
    [...btf.findAll(name)]
      .filter((id) => id >= btf.firstId && sameKind(kind, btf.kindOf(id)))
      .map((id) => ({ btf, id }));
  const found = inBtf(targets.kernel);
  return found.length > 0 ? found : [...targets.modules()].flatMap(inBtf);
}
