/** `extern … __ksym`: variables and functions of the kernel, found by their types or, without one, by address. */
import { PebbleError } from '../../base/errors.ts';
import { type Instruction, PSEUDO, PSEUDO_CALL } from '../asm/index.ts';
import { type Btf, resolve, type TypeId } from '../btf/index.ts';
import { compatibleTypes } from '../core/compatible.ts';
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

/** `ld_imm64` of its address. */
export function loadExtern(insn: Instruction, symbol: KernelExtern, btf: Btf, kernel: ObjectKernel): Instruction {
  const type = btf.type(symbol.type);
  if (type.kind === 'var' && resolve(btf, type.type).kind === 'void') return loadAddress(insn, symbol, kernel);
  const id = findTyped(symbol, btf, kernel);
  return id === undefined ? { ...insn, src: 0, imm: 0n } : { ...insn, src: PSEUDO.btfId, imm: BigInt(id) };
}

/** A call of a kernel function; one that may be missing, and is, must not be reached. */
export function callExtern(insn: Instruction, symbol: KernelExtern, btf: Btf, kernel: ObjectKernel): Instruction {
  const id = findTyped(symbol, btf, kernel);
  if (id === undefined)
    return poison(insn, `this kernel has no function ${essentialName(symbol.name)} for programs`)[0]!;
  return { ...insn, src: PSEUDO_CALL.kfunc, offset: 0, imm: id };
}

function loadAddress(insn: Instruction, symbol: KernelExtern, kernel: ObjectKernel): Instruction {
  const address = kernel.symbolAddress(symbol.name);
  if (address === undefined && !symbol.optional) missing(symbol, '/proc/kallsyms has no such symbol');
  return { ...insn, src: 0, imm: address ?? 0n };
}

function findTyped(symbol: KernelExtern, btf: Btf, kernel: ObjectKernel): TypeId | undefined {
  const type = btf.type(symbol.type);
  if (type.kind !== 'var' && type.kind !== 'func') return missing(symbol, 'the object declares it without a type');
  const target = kernel.types().kernel;
  const id = target.find(essentialName(symbol.name), type.kind);
  if (id === undefined) {
    if (symbol.optional) return undefined;
    return missing(symbol, `this kernel's BTF has no ${type.kind === 'var' ? 'variable' : 'function'} of that name`);
  }
  const found = target.type(id);
  const same =
    (found.kind === 'var' || found.kind === 'func') &&
    compatibleTypes(btf, resolve(btf, type.type).id, target, resolve(target, found.type).id);
  if (same) return id;
  if (symbol.optional) return undefined;
  return missing(symbol, 'in this kernel it has another type');
}

function missing({ name }: KernelExtern, what: string): never {
  throw new PebbleError('unsupported', {
    doing: `looking for kernel symbol ${name}`,
    what,
    hint: 'declare it __weak and ask bpf_ksym_exists() where it may be missing',
  });
}
