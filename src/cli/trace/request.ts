/** What a command line of `pebble trace` asks for, checked as bpftrace checks it. */
import { existsSync, readFileSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { strerror } from '../../base/strerror.ts';
import type { Source } from '../../lang/diagnostics/index.ts';
import type { Buffering } from '../../tracer/index.ts';
import { type Parsed, parseOptions } from '../options.ts';
import { TRACE_OPTIONS } from './options.ts';
import { usage } from './usage.ts';

export type TraceOptions = Parsed<typeof TRACE_OPTIONS>['options'];

export interface TraceRequest {
  readonly options: TraceOptions;
  /** Absent when only probes are listed. */
  readonly source?: Source;
  /** Pattern of -l; absent when a program's probes are listed. */
  readonly search?: string;
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string | undefined>;
  readonly pid?: number;
  /** Whose stacks dw_ustack() can walk, besides that process's. */
  readonly dwarfPids: readonly number[];
  /** Only probes of this kind are run, by hand. */
  readonly mode?: 'bench' | 'test';
  readonly format: 'text' | 'json';
  readonly buffering: Buffering;
}

const NOTHING_TO_RUN = { dwarfPids: [], positional: [], named: new Map(), format: 'text', buffering: 'line' } as const;

export function readRequest(argv: readonly string[]): TraceRequest {
  const { options, operands } = parseArguments(argv);
  if (options.help || options.version || options.info) return { ...NOTHING_TO_RUN, options };
  if (options.cmd !== undefined && options.pid !== undefined) fail('USAGE: Cannot use both -c and -p.');
  if (options.warnings && options['no-warnings']) fail('USAGE: -k, --warnings conflicts with --no-warnings');
  const mode = readMode(options);
  const common = {
    options,
    ...(mode && { mode }),
    format: readFormat(options.format),
    buffering: readBuffering(options.buffer),
    dwarfPids: options['dwarf-pid'].flatMap((text) => text.split(',')).map(readPid),
    ...(options.pid !== undefined && { pid: readPid(options.pid) }),
  };
  if (options.list) return { ...common, ...readListing(options, operands), positional: [], named: new Map() };
  const [file] = operands;
  if (options.execute === undefined && file === undefined) fail("USAGE: filename or -e 'program' required.");
  const inline = options.execute !== undefined;
  const source = inline ? { name: 'stdin', text: options.execute } : readScript(file!);
  return { ...common, source, ...splitParameters(inline ? operands : operands.slice(1)) };
}

/** Options of bpftrace that Pebble leaves out, and what to do instead: docs/language/compatibility.md. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  '--aot': 'Pebble compiles no programs in advance: run the script itself, it starts in a fifth of a second',
  '--emit-elf': 'Pebble writes no object files: -d dis shows the instructions',
  '--emit-llvm': 'Pebble compiles without LLVM: -d dis shows the instructions',
};

/** A wrong option shows all of them. */
function parseArguments(argv: readonly string[]): Parsed<typeof TRACE_OPTIONS> {
  try {
    return parseOptions(argv, TRACE_OPTIONS);
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    const instead = LEFT_OUT[/^there is no option (--[\w-]+)/.exec(error.what)?.[1] ?? ''];
    if (instead !== undefined) fail(`USAGE: ${error.what}. ${instead}`);
    throw new PebbleError('usage', { what: `USAGE: ${error.what}`, detail: usage() });
  }
}

function fail(what: string): never {
  throw new PebbleError('usage', { what });
}

function readListing(options: TraceOptions, operands: readonly string[]): { source?: Source; search?: string } {
  if (operands.length > 1) fail('USAGE: -l takes one pattern or file');
  if (options.execute !== undefined) return { source: { name: 'stdin', text: options.execute } };
  const [operand] = operands;
  if (operand !== undefined && existsSync(operand)) return { source: readScript(operand) };
  return { search: operand === undefined || operand === '*' ? '*:*' : operand };
}

function readScript(file: string): Source {
  try {
    return { name: file === '-' ? 'stdin' : file, text: readFileSync(file === '-' ? 0 : file, 'utf8') };
  } catch (cause) {
    const reason = strerror(-((cause as NodeJS.ErrnoException).errno ?? 0));
    throw new PebbleError('io', { what: `failed to open file '${file}': ${reason}`, cause });
  }
}

/** What starts with -- is for getopt() in the script. */
function splitParameters(parameters: readonly string[]): Pick<TraceRequest, 'positional' | 'named'> {
  const named = new Map<string, string | undefined>();
  for (const parameter of parameters.filter((text) => text.startsWith('--'))) {
    const [, name, value] = /^--([^=]*)(?:=(.*))?$/s.exec(parameter)!;
    named.set(name!, value);
  }
  return { positional: parameters.filter((text) => !text.startsWith('--')), named };
}

/** What Linux can have at most on 64-bit machines. */
const MOST_PIDS = 0x400000;

function readPid(text: string): number {
  const digits = /^\d+/.exec(text)?.[0];
  if (digits === undefined) fail(`Failed to parse pid: invalid integer: ${text}`);
  if (digits !== text) fail(`Failed to parse pid: invalid trailing bytes: ${text}`);
  const pid = Number(text);
  if (pid > MOST_PIDS) fail(`Pid out of range: ${text}`);
  return pid;
}

function readMode({ bench, test, mode }: TraceOptions): 'bench' | 'test' | undefined {
  if (bench || mode === 'bench') return 'bench';
  if (test || mode === 'test') return 'test';
  if (mode === undefined || mode === 'format') return undefined;
  return fail(`USAGE: --mode ${mode}: Pebble has the modes test, bench and format`);
}

function readFormat(text: string | undefined): 'text' | 'json' {
  if (text === undefined || text === 'text' || text === 'json') return text ?? 'text';
  return fail(`Invalid output format "${text}"\nValid formats: 'text', 'json'`);
}

function readBuffering(text: string | undefined): Buffering {
  if (text === undefined || text === 'line' || text === 'full' || text === 'none') return text ?? 'line';
  return fail("USAGE: -B must be either 'line', 'full', or 'none'.");
}
