/** Finds a program's hook, and whatever else it names, in the kernel's BTF. */
import { PebbleError } from '../../base/errors.ts';
import type { Btf, BtfKind } from '../btf/index.ts';
import type { ProgramSpec } from '../spec/index.ts';
import { closeFd, fdById, moduleBtfFd, must, programEntry } from '../sys/index.ts';
import { PROGRAM_KINDS } from './kinds.ts';

/** Id of a kernel type; an error where there is none. */
export type FindType = (name: string, kind: BtfKind, doing: string) => number;

/** The finder for a program, reading the kernel's BTF only for those that need it. */
export async function typeFinder(program: ProgramSpec): Promise<FindType> {
  if (!namesKernelTypes(program)) return () => 0;
  const { kernelBtf } = await import('../btf/index.ts');
  return (name, kind, doing) => kernelTypeId(kernelBtf(), name, kind, doing);
}

/** What in a program needs the kernel's BTF, which takes 14 ms to read. */
function namesKernelTypes(program: ProgramSpec): boolean {
  const refers = (kind: string | undefined) => kind === 'kernelSymbol' || kind === 'kfunc';
  return (
    PROGRAM_KINDS[program.kind].hook !== undefined ||
    program.functions.some((fn) => fn.insns.some((insn) => refers(insn.ref?.kind)))
  );
}

/**
 * Where a program is attached: attach_btf_id, and the descriptor of what it counts in where that is not the kernel's BTF: a
 * module's, or another program (attach_prog_fd and attach_btf_obj_fd are one field).
 */
export interface HookType {
  readonly id: number;
  readonly owner?: number;
}

/** Id 0 for programs whose hook is chosen when attaching. Whoever asks closes the owner's descriptor. */
export async function hookType(program: ProgramSpec, find: FindType): Promise<HookType> {
  const { hook } = PROGRAM_KINDS[program.kind];
  if (hook === undefined) return { id: 0 };
  if (program.attachTo === undefined) {
    throw new PebbleError('internal', {
      doing: `loading program "${program.name}"`,
      what: `a program of kind ${program.kind} needs attachTo`,
    });
  }
  const doing = `attaching ${program.kind}:${program.attachTo}`;
  const { attachModule, attachProgram } = program;
  const name = hook.prefix + program.attachTo;
  if (attachProgram !== undefined) return hookOfProgram(attachProgram, doing);
  if (attachModule !== undefined) {
    const found = await hookOfModules(name, hook.kind, doing, [attachModule]);
    if (found !== undefined) return found;
    const what = `the BTF of module ${attachModule} has no ${hook.kind} ${program.attachTo}`;
    throw new PebbleError('no-target', { doing, what });
  }
  try {
    return { id: find(name, hook.kind, doing) };
  } catch (error) {
    const found = isMissing(error) ? await hookOfModules(name, hook.kind, doing) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

function hookOfProgram(id: number, doing: string): HookType {
  const fd = must(fdById('program', id), doing, `program ${id} may have ended`);
  try {
    const entry = programEntry(fd);
    if (entry) return { id: entry.type, owner: fd };
    throw new PebbleError('unsupported', { doing, what: `program ${id} was loaded without BTF` });
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

const isMissing = (error: unknown): boolean => error instanceof PebbleError && error.code === 'no-target';

/** `modules` absent: all that are loaded. */
async function hookOfModules(
  name: string,
  kind: BtfKind,
  doing: string,
  modules?: readonly string[],
): Promise<HookType | undefined> {
  const { findInModules } = await import('../btf/index.ts');
  const found = findInModules(name, kind, modules);
  return found && { id: found.id, owner: moduleBtfFd(found.module, doing) };
}

function kernelTypeId(btf: Btf, name: string, kind: BtfKind, doing: string): number {
  const id = btf.find(name, kind);
  if (id !== undefined) return id;
  throw new PebbleError('no-target', {
    doing,
    what: `this kernel's BTF has no ${kind} ${name}`,
    hint: 'it may be spelled differently, be inlined, or have come with a later kernel',
  });
}
