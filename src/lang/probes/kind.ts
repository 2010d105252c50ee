/** What a probe kind is to the compiler: a row of names, and how its attach points become programs and links. */
import type { LinkSpec, ProgramKind } from '../../bpf/spec/index.ts';
import type { Diagnostics, Span } from '../diagnostics/index.ts';
import type { CompileHost } from '../host.ts';
import type { ScriptProbe } from '../script.ts';
import type { Settings } from '../settings.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import type { StructType, Type } from '../types/type.ts';
import type { TypeSpace } from '../types/type-space.ts';
import type { UsdtArgument } from './usdt-arguments.ts';

export interface ProbeKind {
  /** The full name first, then the short ones. */
  readonly names: readonly [string, ...string[]];
  /** How many parts may follow the name, in the order in which messages name them. */
  readonly counts: readonly [number, ...number[]];
  /** How it is written, for messages and the reference. */
  readonly usage: readonly string[];
  readonly doc: string;
  /** Where a bare address of this probe points. */
  readonly space: 'kernel' | 'user' | 'unknown';
  /** Fires by the clock, whatever happens: nobody wants to be told that it did not. */
  readonly isTimed?: true;
  /** Shares its body with no other attach point. */
  readonly isAlone?: true;
  /** May end the compilation of this point with diagnostics. */
  expand(point: AttachPoint, context: ExpandContext): readonly ProbePoint[];
}

export interface ExpandContext {
  readonly host: CompileHost;
  readonly types: TypeSpace;
  readonly diagnostics: Diagnostics;
  readonly settings: Settings;
  /** Names that the body mentions. With `args` raw tracepoints want typed arguments. */
  readonly uses: ReadonlySet<string>;
  /** Only this process is traced (-p). */
  readonly pid: number | undefined;
  /** Where the names of the script's bench and test probes were given: `bench:NAME`. */
  readonly labels: Map<string, Span>;
  /** Nothing matches `what` ("uprobe /bin/bash:readlin"): an error, a warning or nothing, as missing_probes says. */
  missing(point: AttachPoint, what: string, hint?: string): void;
}

/** A link whose program's name is not yet known. */
export type PendingLink = LinkSpec extends infer L ? (L extends LinkSpec ? Omit<L, 'program'> : never) : never;

/** One place where a body is to run; points of equal `shape` share one program. */
export interface ProbePoint {
  /** As the builtin `probe` gives it. */
  readonly name: string;
  readonly kind: ProbeKind;
  readonly program: ProgramKind;
  readonly attachTo?: string;
  readonly attachModule?: string;
  readonly attachProgram?: number;
  readonly how: ScriptProbe['how'];
  readonly signal?: string;
  readonly links: readonly PendingLink[];
  readonly args?: Arguments;
  readonly argN?: ArgN;
  readonly retval?: 'register' | { readonly slot: number; readonly type: Type };
  /** Kernel struct that `ctx` points to. */
  readonly context?: string;
  /** Where `func` finds the function's address: the instruction that fired, or what the kernel says was attached to. */
  readonly func?: 'instruction' | 'attach';
  /** Binary that user symbols are looked up in. */
  readonly binary?: string;
  /** Of the probed instruction, as linked. */
  readonly address?: bigint;
  /** One of many that a single program stands for. */
  readonly systemCall?: { readonly name: string; readonly number: number; readonly hook: SystemCallHook };
}

/** The event that all tracepoints of system calls come from. */
export interface SystemCallHook {
  readonly event: 'sys_enter' | 'sys_exit';
  /** Where the call's number is in the caller's registers. */
  readonly registers: number;
  /** In task_struct: set while a 32-bit program calls. */
  readonly compat: { readonly offset: number; readonly mask: number };
}

/** What `args` is: a struct in the context, or eight-byte slots that a struct's fields stand for, or registers and stack. */
export type Arguments =
  | { readonly in: 'context'; readonly struct: StructType }
  | {
      readonly in: 'slots';
      readonly struct: StructType;
      readonly slots: ReadonlyMap<string, number>;
      /** Slots that the arguments take. */
      readonly count: number;
    }
  | {
      readonly in: 'registers';
      readonly struct: StructType;
      readonly places: ReadonlyMap<string, ArgumentPlace>;
    };

/** Where a caller puts an argument: integer registers, counted from the first, or bytes behind the return address. */
export type ArgumentPlace =
  | { readonly in: 'registers'; readonly first: number; readonly count: number }
  | { readonly in: 'stack'; readonly offset: number };

/** What arg0 … are: registers of the calling convention, slots of the context, or what a USDT note says. */
export type ArgN =
  | { readonly in: 'registers' }
  | { readonly in: 'slots' }
  /** One list a site; the attach cookie tells which site fired. */
  | { readonly in: 'usdt'; readonly sites: readonly (readonly UsdtArgument[])[] };

/** begin, end and signals: the tracer runs them itself. */
export const isSpecial = ({ how }: Pick<ProbePoint, 'how'>): boolean =>
  how === 'begin' || how === 'end' || how === 'signal';
