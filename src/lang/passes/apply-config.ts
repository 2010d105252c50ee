/** Makes a script's settings of the defaults, its config block and the BPFTRACE_… environment variables. */
import { type Diagnostics, didYouMean, type Span } from '../diagnostics/index.ts';
import { DEFAULT_SETTINGS, type Settings } from '../settings.ts';
import type { ConfigEntry, Program } from '../syntax/index.ts';
import {
  type Change,
  CONFIG_OPTIONS,
  DEFAULT_UNSTABLE,
  DEPRECATED_OPTIONS,
  ENVIRONMENT_ONLY,
  type OptionResult,
  type OptionValue,
  RENAMED_OPTIONS,
  type UnstableSettings,
} from './config-options.ts';

export interface Configuration {
  readonly settings: Settings;
  readonly unstable: UnstableSettings;
}

const PREFIX = 'bpftrace_';

/** The environment has the last word. */
export function applyConfig(
  program: Program,
  environment: Readonly<Record<string, string | undefined>>,
  diagnostics: Diagnostics,
  defaults: Settings = DEFAULT_SETTINGS,
): Configuration {
  let configuration: Configuration = { settings: defaults, unstable: DEFAULT_UNSTABLE };
  for (const entry of program.config?.entries ?? []) {
    configuration = change(configuration, applyEntry(entry, diagnostics));
  }
  for (const name of Object.keys(CONFIG_OPTIONS)) {
    const value = environment[(PREFIX + name).toUpperCase()];
    if (value !== undefined)
      configuration = change(configuration, applyOption(name, name, value, undefined, diagnostics));
  }
  const clockMap = environment.BPFTRACE_DUMMY_TS_MAP;
  return clockMap === undefined ? configuration : change(configuration, { settings: { clockMap } });
}

function change(configuration: Configuration, { settings, unstable }: Change): Configuration {
  return {
    settings: { ...configuration.settings, ...settings },
    unstable: { ...configuration.unstable, ...unstable },
  };
}

function applyEntry({ name, value, span }: ConfigEntry, diagnostics: Diagnostics): Change {
  if (DEPRECATED_OPTIONS.has(name)) {
    diagnostics.warning(span, `${name} is deprecated and has no effect`);
    return {};
  }
  const key = name.toLowerCase().replace(/^bpftrace_/, '');
  const renamed = RENAMED_OPTIONS[key];
  if (renamed) diagnostics.warning(span, `${name} has been renamed, please use ${renamed}`);
  return applyOption(renamed ?? key, renamed ?? name, value, span, diagnostics);
}

/** `name` is what messages call the option. */
function applyOption(
  key: string,
  name: string,
  value: OptionValue,
  span: Span | undefined,
  diagnostics: Diagnostics,
): Change {
  const result = evaluate(key, value);
  if ('change' in result) return result.change;
  const isLicense = key === 'license';
  const near = Object.hasOwn(CONFIG_OPTIONS, key) ? undefined : didYouMean(key, Object.keys(CONFIG_OPTIONS));
  diagnostics.error(span, isLicense ? result.problem : `${name}: ${result.problem}`, near ? { hints: [near] } : {});
  return {};
}

function evaluate(key: string, value: OptionValue): OptionResult {
  const option = Object.hasOwn(CONFIG_OPTIONS, key) ? CONFIG_OPTIONS[key] : undefined;
  if (option) return option(value);
  if (ENVIRONMENT_ONLY.has(key)) return { problem: 'can only be set as an environment variable' };
  return { problem: 'not a known configuration option' };
}
