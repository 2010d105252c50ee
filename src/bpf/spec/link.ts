/** Where a program is to be attached, before it is: plain data. */

interface LinkBase {
  /** Name of the program in its collection. */
  readonly program: string;
  /** What bpf_get_attach_cookie gives. */
  readonly cookie?: bigint;
}

/** Which code of which file; exactly one of symbol, address, fileOffset. */
export interface UserLocation {
  /** Path as this process sees it (through /proc/PID/root for other mount namespaces). */
  readonly binary: string;
  readonly symbol?: string;
  /** Virtual address in the ELF file. */
  readonly address?: bigint;
  readonly fileOffset?: bigint;
  /** Added to the symbol or address. */
  readonly plus?: number;
}

/** What an iterator walks, where that is not all there is of its kind. */
export type IterTarget =
  /** The entries of a map, by its descriptor (`iter/bpf_map_elem`, `iter/bpf_sk_storage_map`). */
  | { readonly map: number }
  /** A directory of the cgroup file system and all below it (`iter/cgroup`). */
  | { readonly cgroup: string }
  /** One process, or one thread (`iter/task`, `iter/task_file`, `iter/task_vma`; Linux 6.1). */
  | { readonly pid: number }
  | { readonly tid: number };

export type LinkSpec = LinkBase &
  (
    | { readonly kind: 'tracepoint'; readonly category: string; readonly event: string }
    | { readonly kind: 'raw_tracepoint'; readonly event: string }
    /** The hook is the program's `attachTo`. Also for fentry, fexit, lsm. */
    | { readonly kind: 'tracing' }
    | { readonly kind: 'iter'; readonly pin?: string; readonly over?: IterTarget }
    | { readonly kind: 'kprobe'; readonly symbol: string; readonly plus?: number; readonly atReturn: boolean }
    | { readonly kind: 'kprobe'; readonly address: bigint; readonly atReturn: boolean }
    | {
        readonly kind: 'kprobe_multi';
        readonly symbols: readonly string[];
        readonly atReturn: boolean;
        readonly cookies?: readonly bigint[];
      }
    | { readonly kind: 'uprobe'; readonly at: UserLocation; readonly atReturn: boolean; readonly pid?: number }
    | {
        readonly kind: 'uprobe_multi';
        readonly binary: string;
        readonly fileOffsets: readonly bigint[];
        readonly semaphoreOffsets?: readonly bigint[];
        readonly cookies?: readonly bigint[];
        readonly atReturn: boolean;
        readonly session?: boolean;
        readonly pid?: number;
      }
    | {
        readonly kind: 'usdt';
        readonly binary: string;
        readonly provider: string;
        readonly name: string;
        readonly pid?: number;
      }
    /** One event per CPU unless `cpu` or `pid` says otherwise. `type` and `config` as in perf_event_attr. */
    | {
        readonly kind: 'perf_event';
        readonly type: number;
        readonly config: bigint;
        /** Exactly one: events between samples, or samples a second. */
        readonly period?: bigint;
        readonly frequency?: number;
        readonly cpu?: number;
        readonly pid?: number;
      }
    /** A data address watched by the CPU's debug registers. */
    | {
        readonly kind: 'watchpoint';
        readonly address: bigint;
        readonly length: 1 | 2 | 4 | 8;
        readonly mode: string;
        readonly pid?: number;
      }
  );

export type LinkKind = LinkSpec['kind'];
