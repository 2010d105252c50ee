/** Finds a program's hook, and whatever else it names, in the kernel's BTF. */
import { PebbleError } from '../../base/errors.ts';
import { type BtfKind, kernelBtf } from '../btf/index.ts';
import type { ProgramSpec } from '../spec/index.ts';
import { PROGRAM_KINDS } from './kinds.ts';

/** attach_btf_id; 0 for programs whose hook is chosen when attaching. */
export function hookId(program: ProgramSpec): number {
  const { hook } = PROGRAM_KINDS[program.kind];
  if (hook === undefined) return 0;
  if (program.attachTo === undefined) {
    throw new PebbleError('internal', {
      doing: `loading program "${program.name}"`,
      what: `a program of kind ${program.kind} needs attachTo`,
    });
  }
  return kernelTypeId(hook.prefix + program.attachTo, hook.kind, `attaching ${program.kind}:${program.attachTo}`);
}

export function kernelTypeId(name: string, kind: BtfKind, doing: string): number {
  const id = kernelBtf().find(name, kind);
  if (id !== undefined) return id;
  throw new PebbleError('no-target', {
    doing,
    what: `this kernel's BTF has no ${kind} ${name}`,
    hint: 'it may be spelled differently, be inlined, or have come with a later kernel',
  });
}
