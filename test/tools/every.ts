/**
 * What all tools share, tool by tool, beside their loads: `npm run tools [NAME …]`, by hand.
 * Rows as their pages say, text under 100 columns below a header, an end in time, and no silence without a reason,
 * nor a row where only a process is asked for that does nothing.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { listTools, ROW_FIELDS, type Tool, type View } from '../../src/toolbox/index.ts';
import { startDemo } from '../../src/workload/index.ts';
import { Running } from '../cli/pebble.ts';
import { keepLoading } from './beside.ts';
import { HOST_CASES } from './cases/host/index.ts';

const SECONDS = 1;
/** To start, and to name what was seen, on a busy machine. */
const ENDS_MS = 60_000;
const COLUMNS = 99;
const BINARY = process.execPath;
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  stackcount: ['sched:sched_process_fork'],
  funccount: [BINARY, 'uv_fs_*'],
  funclatency: [BINARY, 'uv_fs_read'],
  argdist: [BINARY, 'uv_fs_read'],
  trace: [BINARY, 'uv_fs_read'],
};

interface Ran {
  readonly status: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
  readonly ms: number;
}

async function runOnce(tool: string, cluster: Cluster, ...more: string[]): Promise<Ran> {
  const about = tool.startsWith('pg') ? ['--pgdata', cluster.pgdata] : [];
  const start = performance.now();
  const argv = ['run', tool, ...(ARGUMENTS[tool] ?? []), ...about, '--duration', `${SECONDS}s`, ...more];
  const { status, stdout, stderr } = await new Running(argv, { COLUMNS: String(COLUMNS) }).ended;
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, lines, stderr, ms: performance.now() - start };
}

/** Fields that pages and docs/json.md name. */
function documentedFields({ name }: Tool | View): Set<string> {
  const page = readFileSync(new URL(`../../tools/${name}.md`, import.meta.url), 'utf8');
  const lines = [...page.matchAll(/^- JSON: (.*)$/gm)].map(([, line]) => line!);
  const text = lines.some((line) => line.includes('docs/json.md'))
    ? readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8')
    : lines.join('\n');
  return new Set([...text.matchAll(/`(\w+)`/g)].map(([, field]) => field!));
}

function faultsOfJson(tool: Tool | View, { status, lines, stderr, ms }: Ran): string[] {
  const known = new Set([...documentedFields(tool), ...ROW_FIELDS]);
  const fields = new Set<string>();
  try {
    for (const line of lines) for (const field of Object.keys(JSON.parse(line))) fields.add(field);
  } catch (error) {
    return [`a line is no JSON: ${(error as Error).message}`];
  }
  const unknown = [...fields].filter((field) => !known.has(field));
  return [
    ...(status === 0 ? [] : [`--json ends with ${status}`]),
    ...(unknown.length > 0 ? [`fields that are not documented: ${unknown.join(', ')}`] : []),
    ...(lines.length > 0 || /No event: |no row: /.test(stderr) ? [] : ['no row, and no word why']),
    ...(ms > ENDS_MS ? [`ended after ${Math.round(ms)} ms`] : []),
  ];
}

/** Frames of stacks are as long as their names. */
const isFrame = (line: string): boolean => /^ {4,}\S+\+\d+|^ {8}/.test(line);

function faultsOfText({ name, question }: Tool | View, { status, lines, stderr, ms }: Ran): string[] {
  const wide = lines.filter((line) => line.length > COLUMNS && !isFrame(line));
  const header = [`${name}: ${question}`, 'hooks: ', 'cost: '].filter((part) => !stderr.includes(part));
  return [
    ...(status === 0
      ? []
      : [`ends with ${status}: ${stderr.split('\n').find((line) => line.startsWith('error')) ?? ''}`]),
    ...(wide.length > 0 ? [`${wide.length} lines are wider than ${COLUMNS} columns: ${wide[0]}`] : []),
    ...(header.length > 0 ? [`its header has no ${header.join(', no ')}`] : []),
    ...(ms > ENDS_MS ? [`ended after ${Math.round(ms)} ms`] : []),
  ];
}

/** Of a process that does nothing. */
function faultsOfNothing({ status, lines, stderr }: Ran): string[] {
  if (/ has no --pid: /.test(stderr)) return [];
  if (status !== 0) return [`--pid ends with ${status}`];
  if (lines.length > 0) return [`a process that does nothing has ${lines.length} rows: ${lines[0]}`];
  return /(?:No event|no row): .*Only: .*--pid/.test(stderr) ? [] : ['no word of --pid where it leaves nothing'];
}

/** Where this kernel lacks what a tool needs, it says what else answers. */
const isUnable = ({ status, stderr }: Ran): boolean =>
  status === 1 && /it cannot run here\n(.|\n)*hint: needs .* without/.test(stderr);

interface Judged {
  readonly faults: readonly string[];
  /** What of its load was seen: a tool that is silent, and says why, has no fault. */
  readonly seen: string;
}

async function judge(tool: Tool | View, cluster: Cluster, idle: (tool: Tool | View) => number): Promise<Judged> {
  const json = await runOnce(tool.name, cluster, '--json');
  if (isUnable(json)) return { faults: [], seen: 'says what else answers: this kernel lacks its hooks' };
  const text = await runOnce(tool.name, cluster);
  const nothing = await runOnce(tool.name, cluster, '--json', '--pid', String(idle(tool)));
  const faults = [...faultsOfJson(tool, json), ...faultsOfText(tool, text), ...faultsOfNothing(nothing)];
  return { faults, seen: `${json.lines.length} rows of JSON, ${text.lines.length} lines of text` };
}

const wanted = process.argv.slice(2);
const tools = listTools().filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const cluster = await startCluster({ flavour: 'embedded', settings: { compute_query_id: 'on' } });
const workload = await startDemo(cluster);
const session = await Connection.open(cluster);
const sleeper = spawn('sleep', ['infinity']);
const idle = ({ name }: Tool | View) => (name.startsWith('pg') ? session.backendPid : sleeper.pid!);
let bad = 0;
try {
  for (const tool of tools) {
    const stop = new AbortController();
    const loads = HOST_CASES.filter((known) => known.tool === tool.name).map(({ load }) => load);
    const loading = loads.length > 0 ? keepLoading(loads, stop.signal) : undefined;
    const { faults, seen } = await judge(tool, cluster, idle);
    stop.abort();
    await loading;
    if (faults.length > 0) bad += 1;
    process.stdout.write(`${tool.name}: ${[...faults, seen].join('; ')}\n`);
  }
} finally {
  sleeper.kill();
  await session.close();
  await workload.stop();
  await cluster.stop();
}
process.stdout.write(`${tools.length - bad} of ${tools.length} tools\n`);
process.exitCode = bad === 0 ? 0 : 1;
