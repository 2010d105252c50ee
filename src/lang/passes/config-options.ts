/** The table of configuration options: the name in `config = { … }` and in BPFTRACE_… variables, and what a value means. */
import type { Settings } from '../settings.ts';
import { parseUnsigned } from '../syntax/index.ts';

export type OptionValue = bigint | string | boolean;

/** What an option does to the settings, or what is wrong with its value. */
export type OptionResult = { readonly change: Change } | { readonly problem: string };

export type UnstableMode = 'enable' | 'warn' | 'error';
export interface UnstableSettings {
  readonly unstable_import_statement: UnstableMode;
  readonly unstable_tseries: UnstableMode;
  readonly unstable_typeinfo: UnstableMode;
  readonly unstable_dw_ustack: UnstableMode;
}

export interface Change {
  readonly settings?: Partial<Settings>;
  readonly unstable?: Partial<UnstableSettings>;
}

export type ConfigOption = (value: OptionValue) => OptionResult;

export const DEFAULT_UNSTABLE: UnstableSettings = {
  unstable_import_statement: 'error',
  unstable_tseries: 'warn',
  unstable_typeinfo: 'error',
  unstable_dw_ustack: 'warn',
};

/** Accepted, and without effect here: this compiler or tracer has no need for them. */
const ignored: ConfigOption = () => ({ change: {} });

export const CONFIG_OPTIONS: Readonly<Record<string, ConfigOption>> = {
  cache_user_symbols: (value) => {
    const modes: Record<string, Settings['cacheUserSymbols']> = {
      '1': undefined,
      true: undefined,
      per_pid: 'PER_PID',
      per_program: 'PER_PROGRAM',
      none: 'NONE',
      '0': 'NONE',
      false: 'NONE',
    };
    const word = String(value).toLowerCase();
    if (typeof value === 'bigint') return set({ cacheUserSymbols: value === 0n ? 'NONE' : undefined });
    if (Object.hasOwn(modes, word)) return set({ cacheUserSymbols: modes[word] });
    return { problem: 'Invalid value for cache_user_symbols: valid values are PER_PID, PER_PROGRAM, and NONE.' };
  },
  cpp_demangle: flag((demangle) => ({ demangle })),
  lazy_symbolication: flag((lazySymbols) => ({ lazySymbols })),
  license: (value) => {
    const licenses = ['Dual MIT/GPL', 'Dual BSD/GPL', 'Dual MPL/GPL', 'GPL and additional rights', 'GPL v2', 'GPL'];
    if (licenses.includes(String(value))) return set({ license: String(value) });
    return { problem: `Invalid value for license. Found: ${value}. Valid values: ${licenses.join(', ')}` };
  },
  log_size: number((logSize) => ({ logSize })),
  max_bpf_progs: number((maxPrograms) => ({ maxPrograms })),
  max_cat_bytes: number((maxCatBytes) => ({ maxCatBytes })),
  max_map_keys: number((maxMapKeys) => ({ maxMapKeys })),
  max_probes: number((maxProbes) => ({ maxProbes })),
  max_strlen: number((maxStrlen) => ({ maxStrlen })),
  missing_probes: (value) => {
    const mode = oneOf(value, ['ignore', 'warn', 'error'] as const);
    if (mode) return set({ missingProbes: mode });
    return { problem: 'Invalid value for missing_probes: valid values are ignore, warn, and error.' };
  },
  on_stack_limit: ignored,
  perf_rb_pages: number((ringPages) => ({ ringPages })),
  print_maps_on_exit: flag((printMapsOnExit) => ({ printMapsOnExit })),
  show_debug_info: flag((showDebugInfo) => ({ showDebugInfo })),
  stack_mode: (value) => {
    const mode = ['bpftrace', 'perf', 'raw', 'build_id'].find((one) => one === value) as
      | Settings['stackMode']
      | undefined;
    if (mode) return set({ stackMode: mode });
    return { problem: 'Invalid value for stack_mode: valid values are bpftrace, raw, perf, and build_id.' };
  },
  str_trunc_trailer: (value) => set({ truncationTrailer: String(value) }),
  unstable_dw_ustack: unstable('unstable_dw_ustack'),
  unstable_import_statement: unstable('unstable_import_statement'),
  unstable_tseries: unstable('unstable_tseries'),
  unstable_typeinfo: unstable('unstable_typeinfo'),
  use_blazesym: ignored,
};

/** Old names, each with the one it has now. */
export const RENAMED_OPTIONS: Readonly<Record<string, string>> = {
  strlen: 'max_strlen',
  no_cpp_demangle: 'cpp_demangle',
  cat_bytes_max: 'max_cat_bytes',
  map_keys_max: 'max_map_keys',
};

/** Names that are gone; they only warn. */
export const DEPRECATED_OPTIONS: ReadonlySet<string> = new Set([
  'symbol_source',
  'max_type_res_iterations',
  'unstable_addr',
  'unstable_import',
  'unstable_macro',
  'unstable_map_decl',
]);

/** Names that only the environment has. */
export const ENVIRONMENT_ONLY: ReadonlySet<string> = new Set(['btf', 'kernel_build', 'kernel_source', 'vmlinux']);

export function isTruthy(text: string): boolean {
  return /^(?:1|true|on|yes)$/i.test(text);
}
export function isFalsy(text: string): boolean {
  return /^(?:0|false|off|no)$/i.test(text);
}

function set(settings: Partial<Settings>): OptionResult {
  return { change: { settings } };
}

function flag(change: (value: boolean) => Partial<Settings>): ConfigOption {
  return (value) => {
    if (typeof value === 'bigint') return set(change(value !== 0n));
    if (isTruthy(String(value))) return set(change(true));
    if (isFalsy(String(value))) return set(change(false));
    return { problem: 'Invalid bool value: valid values are true, false, 1 or 0.' };
  };
}

function number(change: (value: number) => Partial<Settings>): ConfigOption {
  return (value) => {
    const result = typeof value === 'string' ? parseUnsigned(value) : { value: BigInt(value) };
    return 'value' in result ? set(change(Number(result.value))) : { problem: `expecting a number, got ${value}` };
  };
}

function unstable(name: keyof UnstableSettings): ConfigOption {
  return (value) => {
    const mode = unstableMode(value);
    if (mode) return { change: { unstable: { [name]: mode } } };
    return { problem: 'Invalid value for unstable config: valid values are enable, warn, and error.' };
  };
}

function unstableMode(value: OptionValue): UnstableMode | undefined {
  if (typeof value === 'bigint') return value !== 0n ? 'enable' : 'error';
  if (isTruthy(String(value))) return 'enable';
  if (isFalsy(String(value))) return 'error';
  return oneOf(value, ['enable', 'warn', 'error'] as const);
}

function oneOf<const T extends string>(value: OptionValue, words: readonly T[]): T | undefined {
  const word = typeof value === 'string' ? value.toLowerCase() : undefined;
  return words.find((one) => one === word);
}
