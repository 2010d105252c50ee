/** The script's configuration variables that decide what code is made, defaults filled in. */
import type { KernelFeatures } from './host.ts';
import type { ScriptConfig } from './script.ts';
import type { StackMode } from './types/type.ts';

export interface Settings extends ScriptConfig {
  readonly maxStrlen: number;
  readonly maxMapKeys: number;
  readonly maxProbes: number;
  readonly maxPrograms: number;
  readonly stackMode: StackMode;
  readonly license: string;
  /** Functions that change the system (system, signal, override, write_user) are allowed. */
  readonly unsafe: boolean;
  /** Reads of memory that fail and look-ups that find nothing are reported (-k). */
  readonly reportReads: boolean;
  /** Programs say that they ran, three instructions each, so that probes that never fired can be named. */
  readonly reportProbes: boolean;
  /** Listings of the host name the programs after their probes. */
  readonly namedByProbe: boolean;
  /** Time series take their time from this scalar map: for tests of their output. */
  readonly clockMap?: string;
}

export const DEFAULT_SETTINGS: Settings = {
  maxStrlen: 1024,
  maxMapKeys: 4096,
  maxProbes: 1024,
  maxPrograms: 1024,
  stackMode: 'bpftrace',
  license: 'GPL',
  unsafe: false,
  reportReads: false,
  reportProbes: false,
  namedByProbe: false,
  printMapsOnExit: true,
  truncationTrailer: '..',
  missingProbes: 'error',
  cacheUserSymbols: undefined,
  demangle: true,
  lazySymbols: false,
  logSize: 1_000_000,
  maxCatBytes: 10_240,
  ringPages: undefined,
  showDebugInfo: true,
};

/** Where keys of maps have room for 512 bytes: two texts, and numbers. */
const SHORT_TEXT = 208;

/** What is not said otherwise, on a kernel with these features. */
export function defaultsOn(features: KernelFeatures | undefined, settings: Settings = DEFAULT_SETTINGS): Settings {
  if (features?.longKeys !== false) return settings;
  return { ...settings, maxStrlen: Math.min(settings.maxStrlen, SHORT_TEXT) };
}
