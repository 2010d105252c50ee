/** What the compiler asks about the machine and the traced programs: the only way facts of a host come in. */
import type { Btf, BtfKind } from '../bpf/btf/index.ts';
import type { Dwarf } from '../bpf/dwarf/index.ts';
import type { Source } from './diagnostics/index.ts';
import type { Type } from './types/type.ts';

/** Everything is a question; an absent answer makes what needs it a diagnostic, never a guess. */
export interface CompileHost {
  /** BTF of vmlinux. */
  kernelBtf?(): Btf | undefined;
  /** BTF of a loaded module, on top of the kernel's. */
  moduleBtf?(module: string): Btf | undefined;
  /** Which loaded module defines a type. */
  moduleWith?(type: string, kind: BtfKind): string | undefined;
  /** Text of tracefs `events/CATEGORY/EVENT/format`. */
  tracepointFormat?(category: string, event: string): string | undefined;
  /** Every tracepoint, for wildcards and did-you-mean: `category:event`. */
  tracepoints?(): readonly string[];
  /** Functions that kprobes or fentry can be attached to, of all modules or of some; undefined: the kernel does not tell. */
  kernelFunctions?(isWanted?: (module: string) => boolean): readonly string[] | undefined;
  /** eBPF programs of the machine by the names of their first functions. */
  programs?(): readonly { readonly id: number; readonly name: string }[];
  /** Modules of the kernel that are loaded or built in, and the kernel itself: `vmlinux`. */
  kernelModules?(): readonly string[];
  /** Whether functions of the kernel can be hooked in that way; absent: they can. */
  canHook?(way: KernelHook): boolean;
  /** Address of a kernel symbol (kallsyms). */
  kernelSymbol?(name: string): bigint | undefined;
  /** Paths of the files that a probe's binary part names: a path, a name on $PATH, a library, a pattern. */
  binaries?(name: string): readonly string[];
  userFunctions?(binary: string): readonly UserFunction[];
  /** Whether an instruction begins so many bytes after the function; undefined: what comes before cannot be read. */
  beginsInstruction?(binary: string, fn: UserFunction, plus: number): boolean | undefined;
  /** A data symbol of a binary (uaddr). */
  userSymbol?(binary: string, name: string): UserSymbol | undefined;
  /** Debug information of a binary: arguments by name, types, source lines. */
  debugInfo?(binary: string): DebugInfo | undefined;
  usdtSites?(binary: string): readonly UsdtSite[];
  /** Where the tracer is not in the machine's own PID namespace: which it is in, as stat gives it. */
  pidNamespace?(): { readonly device: bigint; readonly inode: bigint } | undefined;
  /** Inode of a cgroup directory, as bpf_get_current_cgroup_id gives it. */
  cgroupId?(path: string): bigint | undefined;
  /** The process that -c started: cpid. */
  childPid?(): number | undefined;
  /** Absent: x64. */
  readonly arch?: 'x64' | 'arm64';
  readonly cpus?: { readonly possible: number };
  readonly features?: KernelFeatures;
  /** What the target adds to the language: builtins, structs, probe kinds. */
  readonly target?: TargetProvider;
}

/** Many functions may share a link (kprobe_multi), and so may their entry and return, without a limit of calls (kprobe_session). */
export type KernelHook = 'kprobe' | 'kprobe_multi' | 'kprobe_session' | 'fentry';

/** What code generation depends on; absent: as on a current kernel. */
export interface KernelFeatures {
  readonly uprobeMulti?: boolean;
  /** Signed division, sign extension and long jumps are instructions (cpu v4, Linux 6.6). */
  readonly isaV4?: boolean;
  /** Loops end by may_goto (Linux 6.9); without it they are called, or count. */
  readonly mayGoto?: boolean;
  /** Without may_goto: the kernel calls the bodies of loops (5.17), and its verifier looks at all of their rounds (6.7). */
  readonly bpfLoop?: boolean;
  /** After how many rounds loops end that count. */
  readonly countedRounds?: number;
  /** task_storage() is storage on tasks (Linux 5.12); without it a hash by thread id. */
  readonly taskStorage?: boolean;
  /** The current task comes with its type (Linux 5.11); without it its fields are read by a helper. */
  readonly taskBtf?: boolean;
  /** A task's registers in user mode come from a helper (Linux 5.15); without it they are found on its kernel stack. */
  readonly taskRegisters?: boolean;
  /** Maps may grow while a lock of the scheduler is held (Linux 6.1); without it all are allocated in advance. */
  readonly growingMaps?: boolean;
  /** Keys of maps may have more than 512 bytes; without it texts are shorter. */
  readonly longKeys?: boolean;
  /** Atomic instructions give what was there before (Linux 5.12). */
  readonly exchange?: boolean;
}

export type DebugInfo = Pick<Dwarf, 'functionAt' | 'addressesOf' | 'findType'>;

export interface UserFunction {
  readonly name: string;
  /** Virtual address in the file. */
  readonly address: bigint;
  readonly fileOffset: bigint;
  readonly size: number;
}

export interface UserSymbol {
  /** Virtual address in the file. */
  readonly address: bigint;
  readonly size: number;
  /** The program is loaded where there is room: addresses are moved (PIE, libraries). */
  readonly isMoved: boolean;
}

export interface UsdtSite {
  readonly provider: string;
  readonly name: string;
  readonly fileOffset: bigint;
  /** Virtual address in the file. */
  readonly address: bigint;
  readonly semaphoreOffset?: bigint;
  /** As the note writes them: `-4@%edi 8@-16(%rbp)`. */
  readonly arguments: string;
}

/** What a program that is traced adds to the language: `pg.user`, `pg:query_done`. */
export interface TargetProvider {
  /** The word before the dot of its builtins and before the colon of its probes. */
  readonly name: string;
  readonly fields: readonly TargetField[];
  /** What people may look for among the fields, and what a script says instead. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  readonly probes: readonly TargetProbe[];
  /** Wanted once a script uses the name; a PebbleError says why there is nothing to trace. */
  library(): TargetLibrary;
  /** Struct and union types by name, without the word: a layout table of the running version. */
  struct?(name: string): Type | undefined;
  /** Integer constants by name: addresses, offsets, enum members. */
  constant?(name: string): bigint | undefined;
}

export interface TargetField {
  readonly name: string;
  /** `uint64`, `string` … */
  readonly type: string;
  readonly doc: string;
}

export interface TargetProbe {
  readonly name: string;
  readonly doc: string;
  /** What `args` has. */
  readonly arguments: readonly TargetField[];
}

export interface TargetLibrary {
  /** In the language: a macro for each field, which others of the library use as `name.field`, too; structs and maps. */
  readonly source: Source;
  readonly texts: readonly TextTable[];
  /** Ways to a probe, the cheapest first; the first that this host has is taken. */
  hooks(probe: string): readonly TargetHook[];
}

export interface TargetHook {
  /** Probes of the language; the statement `body();` stands for the script's, and `$x` there is `args.x`. */
  readonly text: string;
  /** What it costs the traced program: "no trap". */
  readonly cost: string;
}

/** Makes `name(number)` a function that gives the text in that row, or `unknown`. */
export interface TextTable {
  readonly name: string;
  /** The target's builtin that gives these texts, if one does. */
  readonly field?: string;
  readonly doc: string;
  readonly rows: readonly string[];
  readonly unknown: string;
}
