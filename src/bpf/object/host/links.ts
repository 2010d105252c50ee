/** From the hooks that sections name to links on this host. */
import { PebbleError } from '../../../base/errors.ts';
import type { LinkSpec } from '../../spec/index.ts';
import type { Hook, ObjectKernel, ObjectProgram } from '../index.ts';
import { findBinary, functionOffsets, kernelFunctions } from './binaries.ts';
import { cgroupRoot } from './cgroups.ts';
import { type UsdtArguments, usdtLink } from './usdt.ts';

const WRAPPER: Partial<Record<NodeJS.Architecture, string>> = { x64: '__x64_sys_', arm64: '__arm64_sys_' };

export interface LinkContext {
  readonly kernel: ObjectKernel;
  readonly usdt: UsdtArguments;
}

/** Throws where the host does not have what the hook names. */
export function linkOf(program: ObjectProgram, context: LinkContext): LinkSpec {
  const { hook, name } = program;
  const make = MAKERS[hook.kind] as (hook: Hook, program: string, context: LinkContext) => LinkSpec;
  return make(hook, name, context);
}

type Makers = {
  readonly [K in Hook['kind']]: (hook: Hook & { readonly kind: K }, program: string, context: LinkContext) => LinkSpec;
};

const MAKERS: Makers = {
  tracepoint: (hook, program) => ({ ...hook, program }),
  raw_tracepoint: (hook, program) => ({ ...hook, program }),
  tracing: (_, program) => ({ kind: 'tracing', program }),
  // Others walk all there is; for cgroups that must be said.
  iter: ({ target }, program) => ({
    kind: 'iter',
    program,
    ...(target === 'cgroup' && { over: { cgroup: cgroupRoot() ?? '/sys/fs/cgroup' } }),
  }),
  kprobe: ({ symbol, plus, atReturn }, program) => ({
    kind: 'kprobe',
    program,
    symbol,
    atReturn,
    ...(plus > 0 && { plus }),
  }),
  ksyscall: ({ name, atReturn }, program, { kernel }) => {
    const prefix = kernel.hasSyscallWrapper() ? (WRAPPER[process.arch] ?? '__se_sys_') : '__se_sys_';
    return { kind: 'kprobe', program, symbol: prefix + name, atReturn };
  },
  kprobe_multi: ({ pattern, atReturn }, program) => ({
    kind: 'kprobe_multi',
    program,
    symbols: kernelFunctions(pattern),
    atReturn,
  }),
  uprobe: ({ binary, place, atReturn }, program) => {
    const at = 'offset' in place ? { fileOffset: place.offset } : userPlace(place.symbol, place.plus);
    return { kind: 'uprobe', program, at: { binary: findBinary(binary), ...at }, atReturn };
  },
  uprobe_multi: ({ binary, pattern, atReturn }, program) => {
    const path = findBinary(binary);
    return { kind: 'uprobe_multi', program, binary: path, fileOffsets: functionOffsets(path, pattern), atReturn };
  },
  usdt: (hook, program, { usdt }) => usdtLink({ ...hook, binary: findBinary(hook.binary) }, program, usdt),
  none: ({ reason }, program) => {
    throw new PebbleError('no-target', { doing: `attaching program "${program}"`, what: reason });
  },
};

function userPlace(symbol: string, plus: number) {
  return { symbol, ...(plus > 0 && { plus }) };
}
