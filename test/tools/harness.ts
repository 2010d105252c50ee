/** Runs a tool beside a known load and gives its rows. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ROW_FIELDS } from '../../src/toolbox/index.ts';
import { Running } from '../cli/pebble.ts';

const LOAD = fileURLToPath(new URL('load.ts', import.meta.url));
const ATTACHED = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';

export type Row = Readonly<Record<string, unknown>>;

export interface Seen {
  /** Of the load. */
  readonly pid: number;
  readonly rows: readonly Row[];
  /** What the load printed. */
  readonly said: string;
  /** What the meter rose by, from before the tool began until it had ended. */
  readonly metered: number;
}

export interface Loaded {
  readonly arguments?: readonly string[];
  /** Observe only the load: --pid. */
  readonly filter?: boolean;
  /** What the kernel itself counts of such events, on the whole host. */
  readonly meter?: () => number;
}

/** Runs the tool from before the load begins until it has ended. */
export async function rowsOf(
  tool: string,
  args: readonly string[],
  load: (toolPid: number) => Promise<void>,
): Promise<Row[]> {
  const running = new Running(['run', tool, ...args, '--json'], { [ATTACHED]: '1' });
  try {
    await running.until('the tool is attached', () => running.stdout.includes(ATTACHED));
    await load(running.pid);
  } finally {
    running.signal('SIGINT');
  }
  const { stdout, stderr, status } = await running.ended;
  assert.equal(status, 0, stderr);
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const rows = lines.map((line): Row => JSON.parse(line));
  for (const row of rows) {
    assert.equal(row.tool, tool);
    assertDocumented(tool, row);
    // Programs that interrupt others are skipped, and said to be: seldom, and seldom of the load.
    assert.equal(row.coverage, row.dropped === 0 ? 'exact' : 'partial');
  }
  return rows;
}

/** A row has the fields that a line of its tool's page names. */
function assertDocumented(tool: string, row: Row): void {
  const page = readFileSync(new URL(`../../tools/${tool}.md`, import.meta.url), 'utf8');
  const kinds = [...page.matchAll(/^- JSON: (.*)$/gm)].map(([, names]) => names!.replaceAll('`', ''));
  const own = Object.keys(row).filter((name) => !(ROW_FIELDS as readonly string[]).includes(name));
  assert.ok(
    kinds.includes(own.join(', ')),
    `${tool}.md does not know ${own.join(', ')}: scripts/generate/tool-pages.ts`,
  );
}

/** Runs a view from before the load begins until it has ended: a signal ends its window. */
export async function rowsOfView(tool: string, args: readonly string[], load: () => Promise<void>): Promise<Row[]> {
  const running = new Running(['run', tool, ...args, '--json', '--duration', '10m']);
  try {
    await running.watching();
    await load();
  } finally {
    running.signal('SIGINT');
  }
  const { stdout, stderr, status } = await running.ended;
  assert.equal(status, 130, stderr);
  return stdout.split('\n').flatMap((line): Row[] => (line === '' ? [] : [JSON.parse(line)]));
}

/** Starts the load, lets it wait for the tool, and lets it run. */
export async function observe(
  tool: string,
  load: string,
  { arguments: args = [], filter = true, meter = () => 0 }: Loaded = {},
): Promise<Seen> {
  const before = meter();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', LOAD, load], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const pid = child.pid!;
  const ended = once(child, 'close');
  try {
    const rows = await rowsOf(tool, [...args, ...(filter ? ['--pid', String(pid)] : [])], async () => {
      child.stdin.end('go\n');
      await ended;
    });
    return { pid, rows, said: said.trim(), metered: meter() - before };
  } finally {
    child.kill();
  }
}

/** Of rows that a script's map printed: the sum of a field. */
export const sum = (rows: readonly Row[], field: string): number =>
  rows.reduce((all, row) => all + Number(row[field] ?? 0), 0);

/** Entries of a histogram. */
export const entries = (rows: readonly Row[], map: string): number =>
  rows.reduce((all, row) => all + sum((row[map] ?? []) as Row[], 'count'), 0);
