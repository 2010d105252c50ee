/** Shows rows until it is told to stop: as a live table, as plain tables, or as NDJSON. */
import { formatMicroseconds } from '../../base/units.ts';
import {
  layoutTable,
  noPaint,
  outputColumns,
  runLive,
  sgrPaint,
  sortRows,
  type ViewSpec,
} from '../../terminal/index.ts';
import { type Choice, type ServerChoice, tellNothing } from '../choice.ts';
import type { Context } from '../command.ts';
import { interruption } from '../interrupt.ts';

/** Ends a window: the rows of what happened since the one before. */
export type NextWindow<Result> = () => Result;

/** Rows that a command shows, and how. */
export interface Watched<Row> {
  readonly view: ViewSpec<Row>;
  readonly toJson: (row: Row) => unknown;
  /** Begins the first window. */
  readonly windows: () => NextWindow<readonly Row[]>;
  /** Windows of the live table: those of a moving time. */
  readonly live?: () => NextWindow<readonly Row[]>;
  /** What stands above a table of these rows. */
  readonly header: (rows: readonly Row[]) => readonly string[];
  /** Looks for clusters that were started since. */
  readonly refresh: () => void;
}

export interface WatchOptions<Row> {
  readonly watched: Watched<Row>;
  readonly context: Context;
  readonly json: boolean;
  readonly intervalMs: number | undefined;
  readonly durationMs: number | undefined;
  /** What was asked for, where it is said why nothing came of it. */
  readonly choice?: Choice & ServerChoice;
}

const LIVE_INTERVAL_MS = 1000;
const PLAIN_INTERVAL_MS = 5000;
const MEASURE_MS = 10_000;
/** More rows than these help nobody who reads a plain table. */
const PLAIN_ROWS = 20;

/** Live on a terminal, else a table or rows every interval. True when the user pressed Ctrl-C. */
export async function watch<Row>(options: WatchOptions<Row>): Promise<boolean> {
  const { watched, context, json, intervalMs, durationMs } = options;
  // The contract of --json: a duration without an interval is one window.
  if (json && intervalMs === undefined && durationMs !== undefined) {
    await measureWindow({ ...options, durationMs });
    return false;
  }
  const signal = stopSignal(durationMs);
  if (!json && context.terminal && watched.live) return runLiveTable(options, watched.live(), signal);
  const next = watched.windows();
  while (!signal.aborted) {
    await pause(intervalMs ?? PLAIN_INTERVAL_MS, signal);
    watched.refresh();
    printRows(next(), options);
  }
  return false;
}

/** `--interval` as `watch` does; without it one window of `--duration`, or ten seconds. */
export async function measure<Row>(options: WatchOptions<Row>): Promise<void> {
  const { intervalMs, durationMs } = options;
  if (intervalMs !== undefined) await watch(options);
  else await measureWindow({ ...options, durationMs: durationMs ?? MEASURE_MS });
}

async function measureWindow<Row>(options: WatchOptions<Row> & { readonly durationMs: number }): Promise<void> {
  const next = options.watched.windows();
  process.stderr.write(`pebble: watching for ${formatMicroseconds(options.durationMs * 1000)}\n`);
  // A server that is restarted within a window belongs to it.
  const looking = setInterval(() => options.watched.refresh(), LIVE_INTERVAL_MS);
  await pause(options.durationMs, interruption()).finally(() => clearInterval(looking));
  printRows(next(), options);
}

export function printRows<Row>(
  rows: readonly Row[],
  { watched, context, json, choice = {} }: Pick<WatchOptions<Row>, 'watched' | 'context' | 'json' | 'choice'>,
): void {
  tellNothing(rows, choice);
  if (json) {
    for (const row of rows) process.stdout.write(`${JSON.stringify(watched.toJson(row))}\n`);
    return;
  }
  const { columns, sorted } = watched.view;
  const paint = context.color ? sgrPaint : noPaint;
  const width = outputColumns();
  const ordered = sortRows(rows, columns.find(({ title }) => title === sorted) ?? columns[0]!);
  const table = layoutTable(columns, ordered.slice(0, PLAIN_ROWS), { width, paint, sorted });
  const more = rows.length > PLAIN_ROWS ? [`… and ${rows.length - PLAIN_ROWS} more`] : [];
  const lines = [...watched.header(rows), '', ...(rows.length > 0 ? table : []), ...more, ''];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function runLiveTable<Row>(
  { watched, context, intervalMs }: WatchOptions<Row>,
  next: NextWindow<readonly Row[]>,
  signal: AbortSignal,
): Promise<boolean> {
  const poll = () => {
    watched.refresh();
    const rows = next();
    return { header: [...watched.header(rows), ''], rows };
  };
  const paint = context.color ? sgrPaint : noPaint;
  return runLive({ view: watched.view, paint, poll, intervalMs: intervalMs ?? LIVE_INTERVAL_MS, signal });
}

/** Ctrl-C, or the end of a duration. */
export function stopSignal(durationMs: number | undefined): AbortSignal {
  const stopped = interruption();
  return durationMs === undefined ? stopped : AbortSignal.any([stopped, AbortSignal.timeout(durationMs)]);
}

export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
