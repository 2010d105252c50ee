/** The tracing language: compile() gives what the kernel loads and what the reader of its events must know. */
export { type Compiled, type CompileOptions, compile } from './compile.ts';
export { type Diagnostic, Diagnostics, formatDiagnostics, type Source } from './diagnostics/index.ts';
export type {
  CompileHost,
  KernelFeatures,
  TargetField,
  TargetHook,
  TargetLibrary,
  TargetProbe,
  TargetProvider,
  TextTable,
  UsdtSite,
  UserFunction,
} from './host.ts';
export type * from './script.ts';
export { isSystemMap, SYSTEM_MAPS } from './script.ts';
export { DEFAULT_SETTINGS, type Settings } from './settings.ts';
