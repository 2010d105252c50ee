/** Compiles a tool for this host and runs it. */
import { PebbleError } from '../base/errors.ts';
import { type CompiledScript, compile, DEFAULT_SETTINGS, formatDiagnostics } from '../lang/index.ts';
import { Fingerprinter } from '../postgres/fingerprint/index.ts';
import { type ClusterChoice, postgresTarget, serverBinary } from '../postgres/tracing/index.ts';
import { textReports } from '../tracer/format/text-reports.ts';
import { SYSTEM_INCLUDES, scriptFiles } from '../tracer/host/includes.ts';
import { machineHost, Output, runScript, Sink, type Wording } from '../tracer/index.ts';
import { aboutArguments, checkArguments } from './arguments.ts';
import { showsStatements, withoutConstants } from './constants.ts';
import { jsonRows } from './json-rows.ts';
import { isState } from './rows.ts';
import { textRows } from './text-rows.ts';
import type { Tool } from './tool.ts';
import { Window } from './window.ts';
import { fewOf, otherWay, reasons, silence } from './words.ts';

/** What getopt() in a tool's script asks for. */
export interface ScriptOption {
  readonly name: string;
  readonly defaultValue: bigint | boolean | string;
  readonly description: string;
}

export interface ToolOptions {
  /** `--name=value` of the tool's own options. */
  readonly named: ReadonlyMap<string, string | undefined>;
  readonly positional: readonly string[];
  /** Of the server that is traced; absent: all of this host. */
  readonly pgdata?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Ends so long after everything is attached. */
  readonly durationMs?: number;
  /** Print and begin anew every so many milliseconds. */
  readonly intervalMs?: number;
  /** Entries of a table that are shown as text. */
  readonly top: number;
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width?: number;
}

/** Which servers a tool is about. */
export type { ClusterChoice } from '../postgres/tracing/index.ts';

/** The tool's own options; what else its script lacks shows when it runs. */
export function toolOptions(tool: Tool, pgdata?: string): readonly ScriptOption[] {
  const choice = pgdata === undefined ? {} : { pgdata };
  return compileTool(tool, { named: new Map(), positional: [], ...choice }, true).options;
}

/** Its script as it is compiled here; nothing is loaded. */
export function scriptOf(tool: Tool, positional: readonly string[], pgdata?: string): CompiledScript | undefined {
  return compileTool(tool, { named: new Map(), positional, ...(pgdata !== undefined && { pgdata }) }, false).script;
}

/** The exit status: what the script gave to exit(), 0 without. */
export async function runTool(tool: Tool, options: ToolOptions): Promise<number> {
  const { named, positional, pgdata } = options;
  // Where none runs, that is what there is to say.
  if (tool.hooks.some((hook) => hook.startsWith('pg:'))) serverBinary(clustersOf(pgdata));
  const { script, diagnostics, options: own } = compileTool(tool, options, false);
  checkArguments(tool, positional, own, named);
  if (!script) {
    throw new PebbleError('semantic', {
      doing: `compiling the tool ${tool.name} for this host`,
      what: 'it cannot run here',
      detail: reasons(diagnostics),
      hint: (positional.length > 0 && aboutArguments(tool)) || otherWay(tool),
    });
  }
  process.stderr.write(formatDiagnostics(diagnostics, { colour: options.colour, warnings: true }));
  const window = new Window();
  const wording = await wordingOf(tool, script, window, options);
  const output = new Output(wording, new Sink(1, 'line'), {
    source: tool.source,
    colour: options.colour,
    warnings: true,
  });
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const started = () => {
    window.next();
    if (options.durationMs !== undefined) timer = setTimeout(() => deadline.abort(), options.durationMs);
  };
  return runScript(script, {
    output,
    signal: AbortSignal.any([options.signal, deadline.signal]),
    started,
    quiet: true,
    warned: (warning, probes) => output.warning(`${fewOf(probes)}: ${warning}`),
    missed: (runs) => window.drop(runs),
    silence: (attached) => silence(tool, attached.length, own, options.named),
    isState,
    ...(options.intervalMs !== undefined && { every: { ms: options.intervalMs, next: () => window.next() } }),
  }).finally(() => clearTimeout(timer));
}

async function wordingOf(
  tool: Tool,
  script: CompiledScript,
  window: Window,
  { json, top, colour, width }: ToolOptions,
): Promise<Wording> {
  const values = json ? jsonRows(tool.name, window) : textRows({ top, ...(width !== undefined && { width }) });
  const fingerprinter = showsStatements(script) ? await Fingerprinter.load() : undefined;
  const reports = textReports({ source: tool.source, colour, warnings: true });
  return {
    values: fingerprinter ? withoutConstants(values, script, (text) => fingerprinter.identify(text).query) : values,
    reports: {
      ...reports,
      lost: (events) => {
        window.drop(events);
        return reports.lost(events);
      },
    },
  };
}

function compileTool(
  tool: Tool,
  { named, positional, pgdata }: Pick<ToolOptions, 'named' | 'positional' | 'pgdata'>,
  checkOnly: boolean,
): ReturnType<typeof compile> & { readonly script?: CompiledScript } {
  const choice = clustersOf(pgdata);
  return compile(tool.source, {
    host: machineHost({ target: postgresTarget(choice) }),
    settings: DEFAULT_SETTINGS,
    named: new Map([...named].map(([name, text]) => [name, unsigned(text)])),
    positional: tool.takesServer && positional.length === 0 ? [serverBinary(choice)] : positional,
    checkOnly,
    defines: { tracer_pid: BigInt(process.pid) },
    imports: { host: scriptFiles, includePaths: SYSTEM_INCLUDES },
  });
}

const clustersOf = (pgdata: string | undefined): ClusterChoice => (pgdata === undefined ? {} : { pgdata: [pgdata] });

/** Query ids are signed, and integers of the language's options are not. */
function unsigned(text: string | undefined): string | undefined {
  return text !== undefined && /^-\d+$/.test(text) ? String(BigInt.asUintN(64, BigInt(text))) : text;
}
