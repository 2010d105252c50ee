/** Writes tools/NAME.md and each tool's `cost:` line: what it prints beside a real load, and what a run of its programs takes here. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { countRuns } from '../../src/bpf/programs/index.ts';
import { type Cluster, findDebianMajors, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { listTools, type Tool, toolOptions } from '../../src/toolbox/index.ts';
import { startDemo } from '../../src/workload/index.ts';
import { keepLoading, programRuns } from '../../test/tools/beside.ts';
import { HOST_CASES } from '../../test/tools/cases/host.ts';

const ROOT = join(import.meta.dirname, '../..');
const LOADS = ['opens', 'stats', 'syncs', 'programs', 'signals', 'writes', 'connections', 'sleeps'];
const SECONDS = 4;
const LINES = 24;
const COLUMNS = 100;

/** What the tools that take arguments are shown with. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  stackcount: ['sched:sched_process_fork'],
  funccount: ['/usr/lib/postgresql/15/bin/postgres', 'heap_*'],
  funclatency: ['/usr/lib/postgresql/15/bin/postgres', 'PortalRun'],
  argdist: ['/usr/lib/postgresql/15/bin/postgres', 'palloc'],
};

interface Run {
  readonly lines: readonly string[];
  readonly stderr: string;
  /** Nanoseconds of all runs together, and how many they were. */
  readonly ns: number;
  readonly runs: number;
}

async function runTool({ name, hooks }: Tool, cluster: Cluster): Promise<Run> {
  const about = isAboutPostgres({ name, hooks }) ? ['--pgdata', cluster.pgdata] : [];
  const child = spawn(join(ROOT, 'pebble'), [
    'run',
    name,
    ...(ARGUMENTS[name] ?? []),
    ...about,
    '--duration',
    `${SECONDS}s`,
  ]);
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')];
  const upkeep = name.startsWith('pg') ? maintain(cluster, child) : undefined;
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
async function maintain(cluster: Cluster, child: ChildProcess): Promise<void> {
  const connection = await Connection.open(cluster);
  while (child.exitCode === null) {
    for (const statement of ['VACUUM demo.stock', 'CHECKPOINT']) await connection.query(statement);
    await (await Connection.open(cluster)).close();
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

const isAboutPostgres = ({ name }: Pick<Tool, 'name' | 'hooks'>): boolean => name.startsWith('pg');

function page(tool: Tool, { lines, stderr }: Run, cluster: Cluster): string {
  const { name, question, hooks, cost, notes } = tool;
  // Who else works on this machine is nobody's business.
  const own = lines.filter((line) => !line.includes(dirname(ROOT)) && !line.includes('/tmp/'));
  const shown = own.slice(0, LINES).map((line) => line.slice(0, COLUMNS).trimEnd());
  const more = own.length > LINES ? [`… ${own.length - LINES} more lines`] : [];
  const failure = stderr.split('\n').filter((line) => /^(error|hint): /.test(line));
  const silence = failure.length > 0 ? failure : ['(nothing of this kind happened meanwhile)'];
  const empty = shown.every((line) => line === '') ? silence : [];
  const command = ['sudo ./pebble run', name, ...(ARGUMENTS[name] ?? []), '--duration', SECONDS].join(' ');
  const options = toolOptions(tool, cluster.pgdata).map(
    ({ name: option, description, defaultValue }) =>
      `- \`--${option}\`: ${description}${defaultValue === false || defaultValue === '' ? '' : ` (${defaultValue})`}`,
  );
  const text = [
    `# ${name}`,
    '',
    question,
    '',
    `- hooks: ${hooks.map((hook) => `\`${hook}\``).join(', ')}`,
    `- cost: ${cost ?? 'not measured'}`,
    ...notes.map((note) => `- note: ${note}`),
    '',
    ...(options.length > 0 ? ['Options of its own, besides those of every tool:', '', ...options, ''] : []),
    `    ${command}`,
    '',
    ...[...shown, ...more, ...empty].map((line) => (line === '' ? '' : `    ${line}`)),
  ].join('\n');
  return `${text.trimEnd()}\n`;
}

const isTrap = ({ hooks }: Tool): boolean => hooks.some((hook) => /^ur?e?t?probe:/.test(hook));

/** The line is the first after the question, so that a reader of the script sees it. */
function writeCost(tool: Tool, { ns, runs }: Run): void {
  const [head, ...rest] = tool.source.text.split('\n').filter((line) => !line.startsWith('// cost: '));
  const cost =
    runs === 0
      ? 'no event while it was measured'
      : `${Math.round(ns / runs)} ns an event in its programs${isTrap(tool) ? ', and the trap' : ''}`;
  writeFileSync(tool.source.name, [head, `// cost: ${cost}`, ...rest].join('\n'));
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { embedded: { type: 'boolean' } } });
const isWanted = ({ name }: { readonly name: string }) => positionals.length === 0 || positionals.includes(name);
const tools = () => listTools().filter((tool): tool is Tool => 'source' in tool && isWanted(tool));
const debian = findDebianMajors().at(-1);
const settings = { compute_query_id: 'on', checkpoint_timeout: '30s' };
const cluster = await startCluster({
  ...(debian && !values.embedded ? { flavour: 'debian', major: debian } : { flavour: 'embedded' }),
  settings,
});
const workload = await startDemo(cluster);
const stopCounting = countRuns();
try {
  for (const tool of tools()) {
    const stop = new AbortController();
    const own = HOST_CASES.filter((known) => known.tool === tool.name).map(({ load }) => load);
    const loading = keepLoading(own.length > 0 ? own : LOADS, stop.signal);
    const run = await runTool(tool, cluster);
    stop.abort();
    await loading;
    writeCost(tool, run);
    const [measured] = listTools().filter(({ name }) => name === tool.name) as Tool[];
    writeFileSync(join(ROOT, 'tools', `${tool.name}.md`), page(measured!, run, cluster));
    process.stderr.write(`${tool.name}: ${run.runs} runs, ${run.lines.length} lines\n`);
  }
} finally {
  stopCounting();
  await workload.stop();
  await cluster.stop();
}
