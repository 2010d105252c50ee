/** `pebble trace`: runs a program of the tracing language, with bpftrace's options. */
import { PebbleError } from '../../base/errors.ts';
import { type Compiled, type CompiledScript, compile, DEFAULT_SETTINGS, formatDiagnostics } from '../../lang/index.ts';
import type { ClusterChoice } from '../../postgres/tracing/index.ts';
import { SYSTEM_INCLUDES, scriptFiles } from '../../tracer/host/includes.ts';
import {
  FAILED,
  Output,
  probeFilter,
  runScript,
  Sink,
  startCommand,
  type Target,
  watchProcess,
} from '../../tracer/index.ts';
import type { Context, Exit } from '../command.ts';
import { interruption } from '../interrupt.ts';
import { detailLines } from '../report-error.ts';
import { requestHost } from '../trace/host.ts';
import { takeName } from '../trace/name.ts';
import { refusalText } from '../trace/refusal.ts';
import { readRequest, type TraceRequest } from '../trace/request.ts';

export const run = (argv: readonly string[], context: Context): Promise<Exit> => runUntil(argv, context, interruption);

/** `ended` is asked for once there is something to end. */
export async function runUntil(argv: readonly string[], context: Context, ended: () => AbortSignal): Promise<Exit> {
  const colour = wantsColour(context);
  try {
    const request = readRequest(argv);
    return (await answerOnly(request)) ?? (await trace(request, argv, { colour, ended }));
  } catch (error) {
    if (!(error instanceof PebbleError) || error.code === 'internal') throw error;
    process.stderr.write(refusalText(error, colour) ?? failureText(error, colour));
    return error.code === 'usage' || error.code === 'io' ? 1 : FAILED;
  }
}

/** Requests that run nothing; undefined for those that do. */
async function answerOnly(request: TraceRequest): Promise<Exit> {
  const { options } = request;
  if (options.help || options.version || options.info) {
    const { information } = await import('../trace/information.ts');
    process.stdout.write(await information(options));
    return 0;
  }
  if (options.fmt || options.mode === 'format') {
    const { printFormatted } = await import('../trace/stages.ts');
    return printFormatted(request.source!);
  }
  if (!options.list) return undefined;
  const { listing } = await import('../trace/listing.ts');
  return listing(request);
}

interface Way {
  readonly colour: boolean;
  readonly ended: () => AbortSignal;
}

async function trace(request: TraceRequest, argv: readonly string[], { colour, ended }: Way): Promise<number> {
  const { options } = request;
  takeName(argv);
  const target = targetOf(request);
  try {
    const script = compileRequest(request, target, colour);
    if (typeof script === 'number') return script;
    if (script.probes.length === 0) return sayNothingToAttach(options.quiet);
    if (options.debug.length > 0) await showStages(request, script);
    const sink =
      options.output === undefined ? new Sink(1, request.buffering) : Sink.open(options.output, request.buffering);
    const output = new Output(request.format, sink, {
      source: request.source!,
      colour,
      warnings: !options['no-warnings'],
    });
    const systemd = process.env.NOTIFY_SOCKET ? await import('../../agent/notify.ts') : undefined;
    return await runScript(script, {
      output,
      started: () => void systemd?.notify('READY=1', 'STATUS=Processing events...'),
      signal: ended(),
      dryRun: options['dry-run'],
      quiet: options.quiet,
      ...(request.mode && { mode: request.mode }),
      ...(target && { target }),
      dwarfPids: request.dwarfPids,
    });
  } finally {
    await target?.terminate();
  }
}

/** The script allows its probes to be missing, so that it is no mistake. */
function sayNothingToAttach(quiet: boolean): number {
  if (!quiet) process.stdout.write('No probes to attach\n');
  return 1;
}

async function showStages({ options, source }: TraceRequest, script: CompiledScript): Promise<void> {
  const { instructionText, readStages, syntaxText } = await import('../trace/stages.ts');
  const stages = readStages(options.debug);
  if (stages.has('ast')) process.stdout.write(syntaxText(source!));
  if (stages.has('dis')) process.stdout.write(instructionText(script));
}

function targetOf({ options, pid }: TraceRequest): Target | undefined {
  if (options.cmd !== undefined) return startCommand(options.cmd);
  return pid === undefined ? undefined : watchProcess(pid);
}

/** The script, or the exit status when there is none to run. */
function compileRequest(request: TraceRequest, target: Target | undefined, colour: boolean): CompiledScript | number {
  const { options, source, positional, named } = request;
  const isWanted = probeFilter(options['probe-filter']);
  const { script, diagnostics, hooks } = compile(source!, {
    host: {
      ...requestHost(options, { pid: target?.pid, cluster: clusterChoice(request) }),
      childPid: () => (options.cmd === undefined ? undefined : target?.pid),
    },
    environment: process.env,
    settings: {
      ...DEFAULT_SETTINGS,
      unsafe: options.unsafe,
      reportReads: options.warnings,
      reportProbes: !options.quiet && !options['no-warnings'],
      namedByProbe: true,
    },
    positional,
    named,
    defines: { tracer_pid: BigInt(process.pid) },
    checkOnly: options.check,
    ...(isWanted && { isWanted }),
    imports: {
      host: scriptFiles,
      includePaths: [...options['include-dir'], ...SYSTEM_INCLUDES],
      headers: options.include,
    },
    ...(target && { pid: target.pid, skipsOthers: request.pid !== undefined }),
  });
  const text = formatDiagnostics(diagnostics, { colour, warnings: !options['no-warnings'] });
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  // bpftrace's warnings go to standard output. A full disk refuses even nothing.
  if (text !== '') (failed ? process.stderr : process.stdout).write(text);
  if (!failed && !options.quiet) process.stderr.write(hookText(hooks));
  if (script && (options.verbose || options['dry-run'])) process.stderr.write(sharedHookText(script.probes));
  return failed ? 1 : (script ?? 0);
}

function clusterChoice({ options, pid }: TraceRequest): ClusterChoice {
  return { ...(options.pgdata.length > 0 && { pgdata: options.pgdata }), ...(pid !== undefined && { pid }) };
}

function hookText(hooks: Compiled['hooks']): string {
  const unique = new Map(hooks.map((hook) => [hook.probe, hook]));
  return [...unique.values()]
    .map(({ probe, through, cost }) => `${probe} through ${through.join(', ')} (${cost})\n`)
    .join('');
}

/** Where one program stands for many probes. */
function sharedHookText(probes: CompiledScript['probes']): string {
  const programs = Map.groupBy(
    probes.filter(({ through }) => through !== undefined),
    ({ program }) => program,
  );
  return [...programs.values()]
    .map(([first, ...rest]) => `${first!.name} and ${rest.length} more through one program on ${first!.through}\n`)
    .join('');
}

/** BPFTRACE_COLOR: auto, always or never. */
function wantsColour(context: Context): boolean {
  const mode = process.env.BPFTRACE_COLOR;
  if (mode === 'always' || mode === 'never') return mode === 'always';
  return context.color && process.stderr.isTTY === true;
}

function failureText(error: PebbleError, colour: boolean): string {
  const { what, hint, doing, code } = error;
  const head = `ERROR: ${doing ? `${doing}: ` : ''}${what}`;
  const lines = [colour ? `\x1b[31m${head}\x1b[0m` : head];
  if (code === 'usage' || code === 'verifier') lines.push(...detailLines(error));
  if (hint) lines.push(`HINT: ${hint}`);
  return `${lines.join('\n')}\n`;
}
