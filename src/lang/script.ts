/** What the compiler gives and the tracer runs: the kernel's side as specs, the reader's side as types and events. */
import { array, i16, i32, type RecordShape, record, type Shape, u8, u32, u64 } from '../base/record.ts';
import type { CollectionSpec } from '../bpf/spec/index.ts';
import type { TopLayout } from './lower/top-k.ts';
import type { RecordType, StackMode, StructType, Type } from './types/type.ts';

export interface CompiledScript {
  readonly collection: CollectionSpec;
  /** In the order of their first mention, as they are printed at exit. */
  readonly maps: readonly ScriptMap[];
  /** By the id that starts every ring record: `events[id]`. */
  readonly events: readonly ScriptEvent[];
  readonly stackMaps: readonly StackMap[];
  readonly probes: readonly ScriptProbe[];
  /** In the order of the map `limits`. */
  readonly limits: readonly { readonly perSecond: number; readonly at: SourcePlace }[];
  readonly config: ScriptConfig;
}

/** Names of the maps that every script's collection may contain. */
export const SYSTEM_MAPS = {
  /** Ring buffer of all events, in the order of their emission; records start with EVENT_HEADER. */
  events: 'events',
  /** Per-CPU array of one u64: records that found the ring full. */
  lost: 'lost',
  /** Per-CPU array, one for each program, behind whose name and a dot it is called: what does not fit the 512-byte frame. */
  scratch: 'scratch',
  /** Array of one value that user space fills before it attaches: see GLOBALS. */
  globals: 'globals',
  /** Array of one value: a byte for each probe that is not 0 once it has fired. */
  fired: 'fired',
  /** Array of one value: a RATE_LIMIT for each rate_limit(). */
  limits: 'limits',
  /** Array of UNWIND_ROW: the tables of all files, one behind the other. */
  unwindRows: 'unwind_rows',
  /** By process: an UNWIND_CODE. */
  unwindCode: 'unwind_code',
} as const;

/** Maps that are no variables of the script; their shape is that of one compilation. */
export const isSystemMap = (map: string): boolean =>
  Object.values<string>(SYSTEM_MAPS).includes(map.slice(map.lastIndexOf('.') + 1));

/** The only value of the map `globals`, when the script has one: user space fills it before it attaches. */
export const GLOBALS = record('globals', {
  /** CLOCK_BOOTTIME, in nanoseconds: what `elapsed` counts from. */
  start: u64,
  /** What CLOCK_TAI was ahead of CLOCK_BOOTTIME then. */
  taiOffset: u64,
  /** Not 0 once a probe has called exit(). */
  ended: u64,
  /** Always 0, which a verifier does not know: a counter that starts with it is "any number" from the first round on. */
  zero: u64,
});

export const RATE_LIMIT = record('rate_limit', {
  /** The second of the monotonic clock, and in its lower half how often this was reached in it. */
  word: u64,
  leftOut: u64,
});

/** From what the place of the caller's frame is counted; nothing is known of code that has none of these. */
export const UNWIND_BASE = { unknown: 0, sp: 1, bp: 2, plt: 3 } as const;
/** What holds from an address on, up to that of the next row. */
export const UNWIND_ROW = record('unwind_row', {
  /** As linked. */
  address: u32,
  /** From the base to the canonical frame address; the return address lies below it. */
  cfa: i32,
  /** Where the caller's frame pointer is saved, from there; 0 where it is still in its register. */
  bp: i16,
  base: u8,
});
export const UNWIND_RANGE = record('unwind_range', {
  start: u64,
  end: u64,
  /** From addresses as linked to those of the process. */
  bias: u64,
  /** Its file's rows. */
  first: u32,
  rows: u32,
});
/** A power of two. */
export const UNWIND_RANGES = 256;
/** The executable mappings of a process, by their address. */
export const UNWIND_CODE = record('unwind_code', { count: u32, ranges: array(UNWIND_RANGE, UNWIND_RANGES) });

/** One map of the script, `@name`. */
export interface ScriptMap {
  /** With the @; `@` alone for the anonymous one. */
  readonly name: string;
  /** Its MapSpec's name in the collection. */
  readonly spec: string;
  /** That of another map for short keys, whose bytes are the start of the key's, all others being zeros. */
  readonly short?: string;
  /** Absent for scalar maps, which are one-entry arrays. */
  readonly key?: Type;
  readonly value: Type;
  readonly keyShape?: Shape;
  readonly valueShape: Shape;
  /** The kernel keeps one value a CPU; the reader merges them by the value's type (records: by each field's). */
  readonly perCpu: boolean;
  /** For scalar maps: where in the value a non-zero u64 says that it was ever assigned. */
  readonly setOffset?: number;
  /** Of topk(n) maps: each CPU's slots, whose values are merged by key. */
  readonly top?: TopLayout;
  /** For record values: how the CPUs' copies of each field merge. */
  readonly merge?: Readonly<Record<string, MergeRule>>;
}
export type MergeRule = 'sum' | 'max' | 'min' | 'last' | 'any';

/** Stacks are kept once, keyed by STACK_KEY; keys and events hold that key. */
export interface StackMap {
  readonly spec: string;
  readonly space: 'kernel' | 'user';
  readonly mode: StackMode;
  readonly limit: number;
}

/** Every ring record starts with this u32: the index in `CompiledScript.events`. */
export const EVENT_ID_OFFSET = 0;

interface EventBase {
  /** Layout of the ring record: `id` (u32) first, then the fields named below. */
  readonly shape: RecordShape;
  /** Where in the script. */
  readonly at: SourcePlace;
}
export interface SourcePlace {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The call that a macro's text stands for. */
  readonly via?: SourcePlace;
}
/** A value in the record: field `name` of the shape, printed as `type`. */
export interface EventArgument {
  readonly name: string;
  readonly type: Type;
}

export type ScriptEvent = EventBase &
  /** printf, and what is made of a formatted text: system runs it, cat prints the file of that name, errorf and warnf go to stderr. */
  (
    | {
        readonly kind: 'printf' | 'system' | 'cat' | 'errorf' | 'warnf';
        readonly format: string;
        readonly arguments: readonly EventArgument[];
      }
    | { readonly kind: 'print'; readonly argument: EventArgument }
    /** print(@map[, top[, div]]): fields `top` and `div` (u32, 0 when not given). */
    | { readonly kind: 'printMap'; readonly map: string }
    | { readonly kind: 'clear' | 'zero'; readonly map: string }
    /** Field `code` (u8). */
    | { readonly kind: 'exit' }
    /** Field `address` (u64): the watchpoints there end. */
    | { readonly kind: 'unwatch' }
    | { readonly kind: 'time'; readonly format: string }
    /** Field `argv`: array of texts, empty ones end it. */
    | { readonly kind: 'join'; readonly separator: string }
    /** A helper failed: field `code` (i32). */
    | { readonly kind: 'helperError'; readonly helper: string; readonly message: string }
    /** Our emit(record): typed rows for a program that embeds the tracer. */
    | { readonly kind: 'emit'; readonly name: string; readonly type: RecordType | StructType }
  );
export type EventKind = ScriptEvent['kind'];

export interface ScriptProbe {
  /** As the `probe` builtin and the listing print it, all wildcards expanded. */
  readonly name: string;
  /** The program in the collection; several probes can share one. */
  readonly program: string;
  /** Its links, by their index in the collection. */
  readonly links: readonly number[];
  /** How the tracer gets it to fire; everything but 'attach' needs no link. */
  readonly how: 'attach' | 'begin' | 'end' | 'signal' | 'bench' | 'test';
  /** For 'signal': its name (SIGUSR1). */
  readonly signal?: string;
  /** Its byte in the map `fired`, when the script has one; probes of one body share it. */
  readonly fired?: number;
  /** The hook whose program stands for this probe and others: `tp_btf:sys_enter`. */
  readonly through?: string;
  readonly at: SourcePlace;
}

/** Settings of the script's config block that the tracer needs, defaults filled in. */
export interface ScriptConfig {
  readonly printMapsOnExit: boolean;
  readonly truncationTrailer: string;
  readonly missingProbes: 'error' | 'warn' | 'ignore';
  readonly cacheUserSymbols: 'PER_PID' | 'PER_PROGRAM' | 'NONE' | undefined;
  readonly demangle: boolean;
  readonly lazySymbols: boolean;
  readonly logSize: number;
  readonly maxCatBytes: number;
  readonly ringPages: number | undefined;
  readonly showDebugInfo: boolean;
}
