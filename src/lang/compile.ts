/** The compiler as a list of its passes: text to maps, programs, links, and what their reader must know. */
import { createLibrary } from './builtins/index.ts';
import { type Diagnostic, Diagnostics, type Source } from './diagnostics/index.ts';
import type { CompileHost } from './host.ts';
import { lowerInto, lowerValue } from './lower/expressions.ts';
import type { ScriptLowering } from './lower/lowering.ts';
import { type MapPlan, planMap, specsOf } from './lower/map-plan.ts';
import { Output } from './lower/output.ts';
import { lowerUnits } from './lower/program.ts';
import type { LoweringLibrary } from './lower/rows.ts';
import { lowerStatement } from './lower/statements.ts';
import { applyConfig } from './passes/apply-config.ts';
import { checkControlFlow } from './passes/check-control-flow.ts';
import { checkRecursion } from './passes/check-recursion.ts';
import { expandCMacros } from './passes/expand-c-macros.ts';
import { expandMacros } from './passes/expand-macros.ts';
import { expandProbes } from './passes/expand-probes.ts';
import { fillParameters } from './passes/fill-parameters.ts';
import { foldLiterals } from './passes/fold-literals.ts';
import { type ImportOptions, resolveImports } from './passes/resolve-imports.ts';
import { type ChosenHook, resolveTarget, type WithTarget } from './passes/resolve-target.ts';
import type { OptionValues, ScriptOption } from './passes/script-options.ts';
import { wantedUnits } from './passes/wanted-probes.ts';
import { warnDeprecated } from './passes/warn-deprecated.ts';
import { warnUnassigned } from './passes/warn-unassigned.ts';
import { warnUnstable } from './passes/warn-unstable.ts';
import type { CompiledScript } from './script.ts';
import { defaultsOn, type Settings } from './settings.ts';
import { standardLibrary } from './stdlib/index.ts';
import { type Program, parse } from './syntax/index.ts';
import { declareMaps, inferScript, type TypedUnit } from './types/infer.ts';
import { infer } from './types/infer-expression.ts';
import { inferBlock } from './types/infer-statement.ts';
import { TypeSpace } from './types/type-space.ts';
import { type Constant, newTable, ScriptTyping, Typing, type Unit } from './types/typing.ts';

export interface CompileOptions {
  readonly host?: CompileHost;
  /** BPFTRACE_… variables. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly settings?: Settings;
  /** `$1` … and `--name=value`. */
  readonly positional?: readonly string[];
  readonly named?: OptionValues;
  /** Names that `comptime if` and expressions can test. */
  readonly defines?: Readonly<Record<string, Constant>>;
  readonly imports?: ImportOptions;
  /** Trace only this process, where probes can be attached to one. */
  readonly pid?: number;
  /** The others' bodies are skipped in other processes (-p; a child that -c starts is not all that its script is about). */
  readonly skipsOthers?: boolean;
  /** Tells by their names which probes are attached; what stands beside the others is checked all the same (--probe-filter). */
  readonly isWanted?: (probe: string) => boolean;
  /** Stop when types are known. */
  readonly checkOnly?: boolean;
}

export interface Compiled {
  /** Absent where there are errors, or nothing was to be generated. */
  readonly script?: CompiledScript;
  readonly diagnostics: readonly Diagnostic[];
  /** What getopt() accepts. */
  readonly options: readonly ScriptOption[];
  /** What became of the target's probes. */
  readonly hooks: readonly ChosenHook[];
}

export function compile(text: string | Source, options: CompileOptions = {}): Compiled {
  const source = typeof text === 'string' ? { name: 'stdin', text } : text;
  const diagnostics = new Diagnostics();
  const parsed = parse(source);
  diagnostics.addAll(parsed.diagnostics);
  if (!diagnostics.ok) return { diagnostics: diagnostics.all, options: [], hooks: [] };
  const front = simplify(parsed.program, options, diagnostics);
  const { options: accepted, hooks } = front;
  if (!diagnostics.ok) return { diagnostics: diagnostics.all, options: accepted, hooks };
  const script = generateScript(front, options, diagnostics);
  return { diagnostics: diagnostics.all, options: accepted, hooks, ...(script && diagnostics.ok && { script }) };
}

/** Tree to tree: what remains has no macros, imports or parameters. */
function simplify(parsed: Program, options: CompileOptions, diagnostics: Diagnostics) {
  let target: Omit<WithTarget, 'program'> = { hooks: [], texts: [] };
  const extend = (merged: Program): Program => {
    const found = resolveTarget(merged, options.host ?? {}, diagnostics);
    target = found;
    return found.program;
  };
  let program = resolveImports(parsed, diagnostics, { standard: standardLibrary(), extend, ...options.imports });
  const { settings, unstable } = applyConfig(
    program,
    options.environment ?? {},
    diagnostics,
    defaultsOn(options.host?.features, options.settings),
  );
  warnDeprecated(program, diagnostics);
  warnUnstable(program, unstable, diagnostics);
  checkRecursion(program, diagnostics);
  program = expandCMacros(program, diagnostics);
  const library = createLibrary(target.texts);
  const isBuiltin = (name: string) => library.builtin(name) !== undefined || library.function(name) !== undefined;
  if (diagnostics.ok) program = expandMacros(program, diagnostics, isBuiltin);
  const filled = fillParameters(
    program,
    { positional: options.positional ?? [], named: options.named ?? new Map() },
    diagnostics,
  );
  program = foldLiterals(filled.program, diagnostics);
  if (diagnostics.ok) checkControlFlow(program, diagnostics);
  if (diagnostics.ok) warnUnassigned(program, diagnostics);
  return { program, settings, library, options: filled.options, hooks: target.hooks };
}

function generateScript(
  { program, settings, library }: ReturnType<typeof simplify>,
  options: CompileOptions,
  diagnostics: Diagnostics,
): CompiledScript | undefined {
  const host = options.host ?? {};
  const space = new TypeSpace(program.definitions, host);
  const { pid, skipsOthers = false, isWanted } = options;
  const isFiltered = isWanted !== undefined;
  const probes = expandProbes(program, { host, types: space, settings, diagnostics, pid, skipsOthers, isFiltered });
  const functions = program.functions.map((subprogram): Unit => ({ kind: 'function', subprogram }));
  const units: Unit[] = [...functions, ...probes];
  const defines = new Map(Object.entries(options.defines ?? {}));
  const rules = { library, inferBlock, infer };
  const typing = new ScriptTyping({ space, host, settings, diagnostics, defines, ...rules });
  for (const subprogram of program.functions) {
    const { name, span } = subprogram;
    if (library.function(name)) diagnostics.error(span, `${name}() is built in: a function needs a name of its own`);
    else if (typing.functions.has(name)) diagnostics.error(span, `there is another function ${name}() already`);
    const parameters = subprogram.parameters.map(() => undefined);
    typing.functions.set(subprogram.name, { subprogram, parameters, returns: undefined });
  }
  const [first] = units;
  if (first) declareMaps(typing, program.maps, new Typing(typing, first, newTable()));
  const typed = inferScript(typing, units);
  if (!diagnostics.ok || options.checkOnly) return undefined;
  return assemble(wantedUnits(typed, isWanted), typing, library, host);
}

function assemble(
  typed: readonly TypedUnit[],
  typing: ScriptTyping,
  library: LoweringLibrary,
  host: CompileHost,
): CompiledScript {
  const output = new Output();
  const plans = new Map<string, MapPlan>();
  const planFor = { settings: typing.settings, cpus: host.cpus?.possible ?? 1, features: host.features };
  for (const map of typing.maps.values()) {
    if (map.value) plans.set(map.name, planMap(map, planFor));
  }
  const lowering: ScriptLowering = {
    typing,
    output,
    library,
    rules: { value: lowerValue, into: lowerInto, statement: lowerStatement },
    plan: (name) => plans.get(name)!,
  };
  const { programs, links, probes, maps } = lowerUnits(typed, lowering);
  const scriptMaps = [...plans.values()].flatMap(specsOf);
  return {
    collection: { maps: [...scriptMaps, ...output.systemMaps(ringBytes(typing.settings)), ...maps], programs, links },
    maps: [...plans.values()].map((plan) => plan.script),
    events: output.events,
    stackMaps: output.stackMaps,
    probes,
    limits: output.limits,
    config: typing.settings,
  };
}

const PAGE = 4096;
const DEFAULT_PAGES = 4096;

/** A power of two, as ring buffers want it. */
function ringBytes({ ringPages = DEFAULT_PAGES }: Settings): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, ringPages))) * PAGE;
}
