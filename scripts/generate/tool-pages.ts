/** Writes tools/NAME.md (with --facts all but the example of a run) and each tool's cost, in its script or in views.ts: what it prints beside a real load, and what a run of its programs takes here. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { countRuns } from '../../src/bpf/programs/index.ts';
import { type Cluster, findDebianMajors, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { listTools, rowKinds, scriptOf, type Tool, toolOptions, type View } from '../../src/toolbox/index.ts';
import { startDemo } from '../../src/workload/index.ts';
import { withConnection } from '../../test/accuracy/servers.ts';
import { keepLoading, programRuns } from '../../test/tools/beside.ts';
import { HOST_CASES } from '../../test/tools/cases/host/index.ts';
import { POSTGRES_CASES } from '../../test/tools/cases/postgres.ts';
import { VIEW_CASES } from '../../test/tools/cases/views.ts';
import { startStandby } from '../../test/tools/standby.ts';

const ROOT = join(import.meta.dirname, '../..');
const LOADS = ['opens', 'stats', 'syncs', 'programs', 'signals', 'writes', 'connections', 'sleeps'];
const SECONDS = 4;
const LINES = 24;
/** All but stacks fit. */
const COLUMNS = 99;
/** What the demo's workload does not do. */
const OWN_LOAD: readonly string[] = ['pgdeadlock', 'pglocks', 'pgerrors'];

/** What the tools that take arguments are shown with. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  stackcount: ['sched:sched_process_fork'],
  funccount: ['/usr/lib/postgresql/15/bin/postgres', 'heap_*'],
  funclatency: ['/usr/lib/postgresql/15/bin/postgres', 'PortalRun'],
  argdist: ['/usr/lib/postgresql/15/bin/postgres', 'palloc'],
  trace: ['/usr/lib/postgresql/15/bin/postgres', 'pg_plan_query'],
};

interface Run {
  readonly lines: readonly string[];
  readonly stderr: string;
  /** Nanoseconds of all runs together, and how many they were. */
  readonly ns: number;
  readonly runs: number;
}

async function runTool({ name }: Tool | View, cluster: Cluster): Promise<Run> {
  const about = isAboutPostgres(name) ? ['--pgdata', cluster.pgdata] : [];
  const child = spawn(
    join(ROOT, 'pebble'),
    ['run', name, ...(ARGUMENTS[name] ?? []), ...about, '--duration', `${SECONDS}s`],
    { env: { ...process.env, COLUMNS: String(COLUMNS) } },
  );
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')];
  const upkeep = isAboutPostgres(name) ? maintain(name, cluster, child) : undefined;
  let counted = { ns: 0, runs: 0 };
  while (child.exitCode === null) {
    await sleep(200);
    const now = programRuns(child.pid!);
    if (now.runs >= counted.runs) counted = now;
  }
  await upkeep;
  return { lines: stdout().split('\n'), stderr: stderr(), ...counted };
}

/** What the demo's workload does not do: vacuum, checkpoints and new connections, while the tool runs. */
async function maintain(name: string, cluster: Cluster, child: ChildProcess): Promise<void> {
  const connection = await Connection.open(cluster);
  const own = [...POSTGRES_CASES, ...VIEW_CASES].find(({ tool }) => tool === name && OWN_LOAD.includes(tool));
  while (child.exitCode === null) {
    for (const statement of ['VACUUM demo.stock', 'CHECKPOINT']) await connection.query(statement);
    await (await Connection.open(cluster)).close();
    await own?.load(connection, cluster);
    await sleep(500);
  }
  await connection.close();
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]!.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

const isAboutPostgres = (name: string): boolean => name.startsWith('pg');
const isScript = (tool: Tool | View): tool is Tool => 'source' in tool;

/** What a run printed, below the command. */
function example({ name }: Tool | View, { lines, stderr }: Run): string {
  // Who else works on this machine is nobody's business.
  const own = lines.filter((line) => !line.includes(dirname(ROOT)) && !line.includes('/tmp/'));
  const shown = own.slice(0, LINES).map((line) => (/^ {8}/.test(line) ? line.slice(0, COLUMNS) : line).trimEnd());
  const more = own.length > LINES ? [`… ${own.length - LINES} more lines`] : [];
  const failure = stderr.split('\n').filter((line) => /^(error|hint): /.test(line));
  const silence = failure.length > 0 ? failure : ['(nothing of this kind happened meanwhile)'];
  const empty = shown.every((line) => line === '') ? silence : [];
  const command = ['sudo ./pebble run', name, ...(ARGUMENTS[name] ?? []), '--duration', SECONDS].join(' ');
  return [
    `    ${command}`,
    '',
    ...[...shown, ...more, ...empty].map((line) => (line === '' ? '' : `    ${line}`)),
  ].join('\n');
}

/** What needs no run. */
function facts(tool: Tool | View, cluster: Cluster): string {
  const { name, question, hooks, cost, notes } = tool;
  const options = isScript(tool) ? optionLines(tool, cluster) : [];
  return [
    `# ${name}`,
    '',
    question,
    '',
    `- hooks: ${hooks.map((hook) => `\`${hook}\``).join(', ')}`,
    `- cost: ${cost ?? 'not measured'}`,
    ...notes.map((note) => `- note: ${note}`),
    ...jsonLines(tool, cluster),
    '',
    ...(options.length > 0 ? ['Options of its own, besides those of every tool:', '', ...options, ''] : []),
    '',
  ].join('\n');
}

const pathOf = ({ name }: Tool | View): string => join(ROOT, 'tools', `${name}.md`);

function writePage(tool: Tool | View, text: string, cluster: Cluster): void {
  writeFileSync(pathOf(tool), `${facts(tool, cluster)}${text.trimEnd()}\n`);
}

/** Everything but the run, which stays as it was. */
function writeFacts(tool: Tool | View, cluster: Cluster): void {
  const page = readFileSync(pathOf(tool), 'utf8');
  writePage(tool, page.slice(page.indexOf('    sudo ./pebble run')), cluster);
}

function optionLines(tool: Tool, cluster: Cluster): string[] {
  return toolOptions(tool, cluster.pgdata).map(
    ({ name: option, description, defaultValue }) =>
      `- \`--${option}\`: ${description}${defaultValue === false || defaultValue === '' ? '' : ` (${defaultValue})`}`,
  );
}

/** A view's rows are those of its command; a script's follow from what it emits and from its maps. */
function jsonLines(tool: Tool | View, cluster: Cluster): string[] {
  if (!isScript(tool))
    return [`- JSON: rows of \`pebble ${tool.command.join(' ')}\` ([docs/json.md](../docs/json.md))`];
  const compiled = (one: Tool) => scriptOf(one, ARGUMENTS[tool.name] ?? [], cluster.pgdata);
  const script = compiled(tool) ?? compiled(onOwnFunction(tool));
  return (script ? rowKinds(script) : []).map(
    ({ fields }) => `- JSON: ${fields.map((field) => `\`${field}\``).join(', ')}`,
  );
}

/** The rows of a script do not depend on what it is attached to: where this kernel has no kprobes, a function of ours stands in. */
function onOwnFunction(tool: Tool): Tool {
  const text = tool.source.text.replace(
    /\bk(ret)?probe:\S+/g,
    (_, ret = '') => `u${ret}probe:${process.execPath}:uv_fs_read`,
  );
  return { ...tool, source: { ...tool.source, text } };
}

const isTrap = ({ hooks }: Tool | View): boolean => hooks.some((hook) => /^ur?e?t?probe:/.test(hook));

/** The line is the first after the question, so that a reader of the script sees it; a view's is in its row. */
function costOf(tool: Tool | View, { ns, runs }: Run): string {
  if (runs === 0) return 'no event while it was measured';
  return `${Math.round(ns / runs)} ns an event in its programs${isTrap(tool) ? ', and the trap' : ''}`;
}

function writeCost(tool: Tool | View, run: Run): void {
  const cost = costOf(tool, run);
  if (!isScript(tool)) return writeViewCost(tool.name, cost);
  const [head, ...rest] = tool.source.text.split('\n').filter((line) => !line.startsWith('// cost: '));
  writeFileSync(tool.source.name, [head, `// cost: ${cost}`, ...rest].join('\n'));
}

const VIEWS_FILE = join(ROOT, 'src/toolbox/views.ts');

function writeViewCost(name: string, cost: string): void {
  const row = new RegExp(`(name: '${name}',[^}]*?cost: ')[^']*'`);
  writeFileSync(
    VIEWS_FILE,
    readFileSync(VIEWS_FILE, 'utf8').replace(row, (_, before) => `${before}${cost}'`),
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { embedded: { type: 'boolean' }, facts: { type: 'boolean' } },
});
const isWanted = ({ name }: { readonly name: string }) => positionals.length === 0 || positionals.includes(name);
const tools = () => listTools().filter(isWanted);
const debian = findDebianMajors().at(-1);
const settings = { compute_query_id: 'on', checkpoint_timeout: '30s', deadlock_timeout: '50ms' };
const cluster = await startCluster({
  ...(debian && !values.embedded ? { flavour: 'debian', major: debian } : { flavour: 'embedded' }),
  settings,
});
if (values.facts) {
  for (const tool of tools()) writeFacts(tool, cluster);
  await cluster.stop();
  process.exit();
}
const workload = await startDemo(cluster);
await withConnection(cluster, async (connection) => {
  await connection.query('CREATE TABLE accounts (id int PRIMARY KEY, n int)');
  await connection.query('INSERT INTO accounts SELECT i, 0 FROM generate_series(1, 500) i');
});
const stopCounting = countRuns();
try {
  for (const tool of tools()) {
    const stop = new AbortController();
    const own = HOST_CASES.filter((known) => known.tool === tool.name).map(({ load }) => load);
    const loading = keepLoading(own.length > 0 ? own : LOADS, stop.signal);
    const standby = tool.name === 'pgrepl' ? await startStandby(cluster) : undefined;
    const run = await runTool(tool, cluster);
    await standby?.stop();
    stop.abort();
    await loading;
    writeCost(tool, run);
    const [listed] = listTools().filter(({ name }) => name === tool.name);
    const measured = isScript(listed!) ? listed : { ...listed!, cost: costOf(listed!, run) };
    writePage(measured, example(measured, run), cluster);
    process.stderr.write(`${tool.name}: ${run.runs} runs, ${run.lines.length} lines\n`);
  }
} finally {
  stopCounting();
  await workload.stop();
  await cluster.stop();
}
