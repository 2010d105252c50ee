/** `pebble run`: lists the ready-made tools, or runs one. */
import { PebbleError } from '../../base/errors.ts';
import { discoverClusters } from '../../postgres/discover/index.ts';
import { knownColumns, layoutTable, textColumn } from '../../terminal/index.ts';
import {
  byTopic,
  findTool,
  header,
  listTools,
  runTool,
  type ScriptOption,
  shortHooks,
  type Tool,
  toolOptions,
  type View,
} from '../../toolbox/index.ts';
import type { Context, Exit } from '../command.ts';
import { colorsWanted } from '../dispatch.ts';
import { commandHelp } from '../help.ts';
import { interruption } from '../interrupt.ts';
import { type Options, type Parsed, parseOptions } from '../options.ts';
import { reportError } from '../report-error.ts';
import { COMMON_OPTIONS, findCommand, PAST_TOOL_OPTIONS, RUN_OPTIONS } from '../table.ts';

export async function run(argv: readonly string[], context: Context): Promise<Exit> {
  const [name, ...rest] = argv;
  if (name === undefined || name.startsWith('-')) return list(parseOptions(argv, RUN_OPTIONS), context);
  const tool = findTool(name);
  if (rest.includes('--from-history')) return ofThePast(tool, rest, context);
  if ('command' in tool) return runView(tool, rest, context);
  const own = ownOptions(tool, rest);
  const specs = { ...Object.fromEntries(own.map((option) => [option.name, specOf(option)])), ...RUN_OPTIONS };
  refuseChoice(tool, rest, specs);
  const parsed = parseOptions(rest, specs) as Parsed<typeof RUN_OPTIONS>;
  if (parsed.options.help) return help(tool, specs);
  return start(tool, own, parsed, context);
}

/** For help any server will do; without one it has only the options of all tools. */
function ownOptions(tool: Tool, argv: readonly string[]): readonly ScriptOption[] {
  const at = argv.findIndex((word) => word === '--pgdata' || word.startsWith('--pgdata='));
  const given = at < 0 ? undefined : (argv[at]!.split('=')[1] ?? argv[at + 1]);
  const wantsHelp = argv.includes('--help') || argv.includes('-h');
  const isAboutServers = tool.takesServer || tool.hooks.some((hook) => hook.startsWith('pg:'));
  try {
    return toolOptions(
      tool,
      given ?? (wantsHelp && isAboutServers ? discoverClusters().clusters[0]?.pgdata : undefined),
    );
  } catch (error) {
    if (error instanceof PebbleError && error.code === 'no-target' && wantsHelp) return [];
    throw error;
  }
}

/** Choices that other tools have. */
const CHOICES = ['pid', 'database', 'user', 'query-id'];

function refuseChoice({ name }: Tool, argv: readonly string[], specs: Options): void {
  const chosen = CHOICES.find((choice) => argv.some((word) => word.split('=')[0] === `--${choice}`));
  if (chosen === undefined || Object.hasOwn(specs, chosen)) return;
  throw new PebbleError('usage', {
    what:
      chosen === 'pid'
        ? `${name} has no --pid: what it shows is known to happen, but not which process causes it`
        : `${name} has no --${chosen}: it is about the whole host, not about PostgreSQL`,
    hint: `\`pebble run ${name} --help\` shows its options${chosen === 'pid' ? '' : '; the tools that begin with pg have this one'}`,
  });
}

function list({ options }: Parsed<typeof RUN_OPTIONS>, { terminal }: Context): Exit {
  if (options.help) {
    process.stdout.write(commandHelp(findCommand('run')));
    return 0;
  }
  const tools = listTools((error) => reportError(error, { json: options.json, color: false }));
  if (options.json) {
    for (const { name, question, hooks, topic } of tools)
      process.stdout.write(`${JSON.stringify({ name, question, hooks, topic })}\n`);
    return 0;
  }
  const width = terminal ? process.stdout.columns : undefined;
  process.stdout.write(`${listLines(tools, width).join('\n')}\n`);
  return 0;
}

/** Under their topics; of a question what it asks, without the units that may follow. */
function listLines(tools: readonly (Tool | View)[], width: number | undefined): string[] {
  const columns = [
    textColumn<Tool | View>('', ({ name }) => `  ${name}`),
    textColumn<Tool | View>('', ({ question }) => /^[^?]*\??/.exec(question)![0], { flexible: true }),
  ];
  const names = Math.max(...tools.map(({ name }) => name.length)) + 2;
  return [...byTopic(tools)].flatMap(([topic, own], at) => {
    const [, ...lines] = layoutTable(columns, own, { widths: [names, 0], ...(width !== undefined && { width }) });
    return [...(at > 0 ? [''] : []), topic, ...lines];
  });
}

/** What the agent has kept answers for the past. */
async function ofThePast(tool: Tool | View, rest: readonly string[], context: Context): Promise<Exit> {
  const { isKept, runPast } = await import('../past/tool.ts');
  if (!isKept(tool.name)) {
    const kept = listTools().flatMap(({ name }) => (isKept(name) ? [name] : []));
    throw new PebbleError('usage', {
      what: `${tool.name} counts only while it runs: history has none of it`,
      hint: `history answers for ${kept.join(', ')}`,
    });
  }
  narrow(context);
  await runPast(tool.name, parseOptions(rest, PAST_TOOL_OPTIONS).options, context);
  return undefined;
}

/** Under 100 columns, as all tools. */
const VIEW_COLUMNS = '99';

function narrow({ terminal }: Context): void {
  if (!terminal) process.env.COLUMNS ??= VIEW_COLUMNS;
}

async function runView(view: View, rest: readonly string[], context: Context): Promise<Exit> {
  const { dispatch } = await import('../dispatch.ts');
  const [name, ...first] = view.command;
  narrow(context);
  if (!['--json', '--help', '-h'].some((word) => rest.includes(word))) {
    // A wrong word is told without what would be traced.
    parseOptions(rest, { ...(findCommand(name).options as Options), ...COMMON_OPTIONS });
    process.stderr.write(header(view, undefined, knownColumns()));
  }
  return dispatch([name, ...first, ...rest]);
}

function help(tool: Tool, specs: Options): Exit {
  const { name, question, hooks, cost, notes } = tool;
  const row = {
    raw: true as const,
    name: `run ${name}`,
    summary: question,
    options: specs,
    examples: [{ line: `sudo pebble run ${name} --duration 10`, shows: shortHooks(hooks).join(', ') }],
    load: () => Promise.reject(),
  };
  const facts = [`cost: ${cost ?? 'not measured'}`, ...notes.map((note) => `note: ${note}`)];
  process.stdout.write(`${commandHelp(row)}\n${facts.join('\n')}\n`);
  return 0;
}

/** A tool's option takes the value that its default is a sample of. */
function specOf({ defaultValue, description }: ScriptOption): Options[string] {
  if (typeof defaultValue === 'boolean') return { kind: 'flag', summary: description };
  const shown = `${description} (${defaultValue === '' || defaultValue === 0n ? 'any' : defaultValue})`;
  return { kind: 'string', value: typeof defaultValue === 'bigint' ? 'N' : 'TEXT', summary: shown };
}

async function start(
  tool: Tool,
  own: readonly ScriptOption[],
  { options, operands }: Parsed<typeof RUN_OPTIONS>,
  { terminal }: Context,
): Promise<Exit> {
  const width = knownColumns();
  const colour = terminal && !options['no-color'] && colorsWanted();
  if (!options.json) process.stderr.write(header(tool, endOf(options.duration), width));
  return runTool(tool, {
    named: namedValues(own, options),
    positional: operands,
    ...(options.pgdata !== undefined && { pgdata: options.pgdata }),
    json: options.json,
    signal: interruption(),
    ...(options.duration !== undefined && { durationMs: options.duration }),
    top: options.top ?? 20,
    colour,
    ...(options.interval !== undefined && { intervalMs: options.interval }),
    ...(width !== undefined && { width }),
  });
}

const endOf = (duration: number | undefined): string =>
  duration === undefined ? 'Ctrl-C ends' : `for ${duration / 1000} s`;

function namedValues(
  own: readonly ScriptOption[],
  values: Readonly<Record<string, unknown>>,
): Map<string, string | undefined> {
  const given = own.filter(({ name }) => values[name] !== undefined && values[name] !== false);
  return new Map(given.map(({ name }) => [name, values[name] === true ? undefined : String(values[name])]));
}
