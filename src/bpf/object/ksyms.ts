/** `extern … __ksym`: variables and functions of the kernel, found by their types or, without one, by address. */
import { basename } from 'node:path';
import { PebbleError } from '../../base/errors.ts';
import { type Instruction, PSEUDO, PSEUDO_CALL } from '../asm/index.ts';
import { type Btf, resolve, type TypeId } from '../btf/index.ts';
import { compatibleTypes } from '../core/compatible.ts';
import type { CoreTargets } from '../core/index.ts';
import { essentialName } from '../core/names.ts';
import { poison } from '../core/patch.ts';
import type { ObjectKernel } from './kernel.ts';

export interface KernelExtern {
  readonly name: string;
  /** Its `var` or `func` in the object's BTF. */
  readonly type: TypeId;
  /** May be missing: its address is 0 then. */
  readonly optional: boolean;
}

/** Where this kernel has it: in a module, or (without one) in itself. */
interface Found {
  readonly id: TypeId;
  readonly module?: string;
}

/** `ld_imm64` of its address. */
export function loadExtern(insn: Instruction, symbol: KernelExtern, btf: Btf, kernel: ObjectKernel): Instruction {
  const type = btf.type(symbol.type);
  if (type.kind === 'var' && resolve(btf, type.type).kind === 'void') return loadAddress(insn, symbol, kernel);
  const found = findTyped(symbol, btf, kernel);
  if (found === undefined) return { ...insn, src: 0, imm: 0n };
  return found.module === undefined
    ? { ...insn, src: PSEUDO.btfId, imm: BigInt(found.id) }
    : { ...insn, src: 0, imm: 0n, ref: { kind: 'moduleVariable', module: found.module, id: found.id } };
}

/** A call of a kernel function; one that may be missing, and is, must not be reached. */
export function callExtern(insn: Instruction, symbol: KernelExtern, btf: Btf, kernel: ObjectKernel): Instruction {
  const found = findTyped(symbol, btf, kernel);
  if (found === undefined)
    return poison(insn, `this kernel has no function ${essentialName(symbol.name)} for programs`)[0]!;
  return found.module === undefined
    ? { ...insn, src: PSEUDO_CALL.kfunc, offset: 0, imm: found.id }
    : { ...insn, imm: 0, ref: { kind: 'moduleFunction', module: found.module, id: found.id } };
}

function loadAddress(insn: Instruction, symbol: KernelExtern, kernel: ObjectKernel): Instruction {
  const address = kernel.symbolAddress(symbol.name);
  if (address === undefined && !symbol.optional) missing(symbol, '/proc/kallsyms has no such symbol');
  return { ...insn, src: 0, imm: address ?? 0n };
}

function findTyped(symbol: KernelExtern, btf: Btf, kernel: ObjectKernel): Found | undefined {
  const type = btf.type(symbol.type);
  if (type.kind !== 'var' && type.kind !== 'func') return missing(symbol, 'the object declares it without a type');
  const place = whereIs(essentialName(symbol.name), type.kind, kernel.types());
  if (place === undefined) {
    if (symbol.optional) return undefined;
    const what = type.kind === 'var' ? 'variable' : 'function';
    return missing(symbol, `this kernel's BTF, with that of its loaded modules, has no ${what} of that name`);
  }
  const { id, btf: target } = place;
  const found = target.type(id);
  const same =
    (found.kind === 'var' || found.kind === 'func') &&
    compatibleTypes(btf, resolve(btf, type.type).id, target, resolve(target, found.type).id);
  if (same) return { id, ...(place.module !== undefined && { module: place.module }) };
  if (symbol.optional) return undefined;
  return missing(symbol, 'in this kernel it has another type');
}

/** Modules are read only for what the kernel itself does not have. */
function whereIs(name: string, kind: 'var' | 'func', { kernel, modules }: CoreTargets) {
  const own = kernel.find(name, kind);
  if (own !== undefined) return { id: own, btf: kernel };
  for (const btf of modules()) {
    const id = [...btf.findAll(name, kind)].find((found) => found >= btf.firstId);
    if (id !== undefined) return { id, btf, module: basename(btf.name) };
  }
  return undefined;
}

function missing({ name }: KernelExtern, what: string): never {
  throw new PebbleError('unsupported', {
    doing: `looking for kernel symbol ${name}`,
    what,
    hint: 'declare it __weak and ask bpf_ksym_exists() where it may be missing',
  });
}
