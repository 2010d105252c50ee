/** This machine, as the compiler asks about it: every answer, and the code that finds it, is loaded when first wanted. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Btf } from '../../bpf/btf/index.ts';
import { possibleCpus } from '../../bpf/index.ts';
import type { CompileHost, TargetProvider } from '../../lang/host.ts';

/** Compilation is synchronous: the ELF and BTF readers are loaded by require, which loads modules at once. */
const load = createRequire(import.meta.url);
const btf = () => load('../../bpf/btf/open.ts') as typeof import('../../bpf/btf/open.ts');
const symbols = () => load('./symbols.ts') as typeof import('./symbols.ts');
const instructions = () => load('./instructions.ts') as typeof import('./instructions.ts');
const binaries = () => load('./binaries.ts') as typeof import('./binaries.ts');
const features = () => load('../../bpf/features/code.ts') as typeof import('../../bpf/features/code.ts');
const tracepoints = () => load('./tracepoints.ts') as typeof import('./tracepoints.ts');
const functions = () => load('./kernel-functions.ts') as typeof import('./kernel-functions.ts');
const kernel = () => load('../../bpf/symbols/kernel.ts') as typeof import('../../bpf/symbols/kernel.ts');
const inventory = () => load('../../bpf/inventory/index.ts') as typeof import('../../bpf/inventory/index.ts');
const cgroups = () => load('../cgroups.ts') as typeof import('../cgroups.ts');

export interface HostOptions {
  /** The traced process (-p, -c): binaries are looked for in its file system. */
  readonly pid?: number;
  readonly target?: TargetProvider;
  /** Folders to look for separate debug information in, before the usual ones. */
  readonly debugDirectories?: readonly string[];
  /** Lists the functions of the kernel in tracefs' place. */
  readonly traceableFunctions?: string;
}

export function machineHost({ pid, target, debugDirectories, traceableFunctions }: HostOptions = {}): CompileHost {
  const files = once(() => new (symbols().BinarySymbols)(debugDirectories));
  const kernelSymbols = once(() => kernel().KernelSymbols.read());
  const listed = once(() => functions().listKernelFunctions(traceableFunctions));
  const modules = new Map<string, Btf | undefined>();
  const moduleBtf = (module: string): Btf | undefined => {
    if (!modules.has(module))
      modules.set(module, btf().modulesWithBtf().includes(module) ? btf().moduleBtf(module) : undefined);
    return modules.get(module);
  };
  const traceable = once(() => functions().functionsIn(listed()));
  return {
    kernelBtf: () => (btf().hasKernelBtf() ? btf().kernelBtf() : undefined),
    moduleBtf,
    moduleWith: (type, kind) => btf().findInModules(type, kind)?.module,
    tracepointFormat: (category, event) => tracepoints().tracepointFormat(category, event),
    tracepoints: once(() => tracepoints().listTracepoints()),
    kernelFunctions: (isWanted) => (isWanted ? functions().functionsIn(listed(), isWanted) : traceable()),
    programs: () => inventory().listProgramEntries(),
    kernelModules: () => ['vmlinux', ...readdirSync('/sys/module')],
    canHook,
    kernelSymbol: (name) => kernelSymbols().addressOf(name),
    binaries: (name) => binaries().findBinaries(name, pid),
    userFunctions: (path) => files().functions(path),
    beginsInstruction: (path, fn, plus) => instructions().beginsInstruction(path, fn, plus),
    userSymbol: (path, name) => files().data(path, name),
    debugInfo: (path) => files().debugInfo(path),
    usdtSites: (path) => files().probes(path),
    pidNamespace: once(foreignPidNamespace),
    cgroupId: (path) => cgroups().cgroupId(path),
    get cpus() {
      return { possible: possibleCpus() };
    },
    get features() {
      return features().codeFeatures();
    },
    ...(target && { target }),
  };
}

/** The perf event source that kprobes are attached through (CONFIG_KPROBE_EVENTS). */
const KPROBES = '/sys/bus/event_source/devices/kprobe';

function canHook(way: Parameters<NonNullable<CompileHost['canHook']>>[0]): boolean {
  if (way === 'kprobe') return existsSync(KPROBES);
  return way === 'fentry' ? features().canTraceFunctions() : features().canLinkFunctions(way);
}

/** PROC_PID_INIT_INO: the machine's own PID namespace (linux/proc_ns.h). */
const INITIAL_PIDS = 0xef_ff_ff_fcn;

function foreignPidNamespace() {
  const { dev, ino } = statSync('/proc/self/ns/pid', { bigint: true });
  return ino === INITIAL_PIDS ? undefined : { device: dev, inode: ino };
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}
