/** Runs a tool beside a known load and gives its rows. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ROW_FIELDS } from '../../src/toolbox/index.ts';
import { Running } from '../cli/pebble.ts';
import { Load } from './load-process.ts';

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
  /** What the kernel counts of the load itself rose by, while the tool watched. */
  readonly counted: number;
}

export interface Loaded {
  readonly arguments?: readonly string[];
  /** Observe only the load: --pid. */
  readonly filter?: boolean;
  /** What the kernel itself counts of such events, on the whole host. */
  readonly meter?: () => number;
  /** What the kernel counts of the load: it rests before the tool begins, and until it has ended. */
  readonly counts?: (pid: number) => number;
}

/** Said at the end of a run, because the kernel does not call a program while another, or bpf(2), is under way on the CPU. */
const SKIPPED = /\d+ runs of probes were skipped/;
/** Such a run is no exact one, and says so: it shows nothing of exactness. */
class Incomplete extends Error {}
const MOST_TRIES = 5;

/** The first try in which the kernel called every program: whatever is tried begins anew. */
export async function complete<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Incomplete) || tries === MOST_TRIES) throw error;
    }
  }
}

/** Runs the tool from before the load begins until it has ended; where the kernel skipped programs it fails (`complete`). */
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
  const skipped = SKIPPED.exec(stderr);
  if (skipped) throw new Incomplete(`${tool}: ${skipped[0]}`);
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

/** Starts the load, lets it wait for the tool, and lets it run: again where the kernel skipped programs. */
export const observe = (tool: string, load: string, options: Loaded = {}): Promise<Seen> =>
  complete(() => observeOnce(tool, load, options));

async function observeOnce(tool: string, load: string, options: Loaded): Promise<Seen> {
  const { arguments: args = [], filter = true, meter = () => 0, counts } = options;
  const before = meter();
  const running = new Load(load, counts);
  try {
    await running.ready();
    const rest = await running.atRest();
    let counted = 0;
    const rows = await rowsOf(tool, [...args, ...(filter ? ['--pid', String(running.pid)] : [])], async () => {
      assertRested(running, rest);
      await running.go();
      counted = (await running.atRest()) - rest;
    });
    assertRested(running, rest + counted);
    return { pid: running.pid, rows, said: running.words, metered: meter() - before, counted };
  } catch (error) {
    if (error instanceof Error) error.message += `\nThe load said: ${running.said}`;
    throw error;
  } finally {
    running.kill();
  }
}

function assertRested(load: Load, counted: number): void {
  if (load.count() !== counted) throw new Incomplete('the load did not rest');
}

/** Of rows that a script's map printed: the sum of a field. */
export const sum = (rows: readonly Row[], field: string): number =>
  rows.reduce((all, row) => all + Number(row[field] ?? 0), 0);

/** Entries of a histogram. */
export const entries = (rows: readonly Row[], map: string): number =>
  rows.reduce((all, row) => all + sum((row[map] ?? []) as Row[], 'count'), 0);
