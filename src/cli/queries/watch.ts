/** Shows query rows until it is told to stop: as a live table, as plain tables, or as NDJSON. */
import type { QueryRow } from '../../api/index.ts';
import { formatMicroseconds } from '../../base/units.ts';
import type { Attribution, Totals } from '../../collect/attribution/index.ts';
import { QueryRows } from '../../collect/attribution/index.ts';
import { layoutTable, noPaint, runLive, sgrPaint, sortRows } from '../../terminal/index.ts';
import type { Context } from '../command.ts';
import { interruption } from '../interrupt.ts';
import { frameOf, QUERY_COLUMNS, QUERY_VIEW } from './view.ts';

export interface WatchOptions {
  readonly attribution: Attribution;
  readonly context: Context;
  readonly json: boolean;
  readonly intervalMs: number | undefined;
  readonly durationMs: number | undefined;
  /** Stands above the table. */
  readonly note?: string;
}

/** A live row shows what happened in this time. */
const SLIDING_MS = 10_000;
const LIVE_INTERVAL_MS = 1000;
const PLAIN_INTERVAL_MS = 5000;
/** More rows than these help nobody who reads a plain table. */
const PLAIN_ROWS = 20;

/** Live on a terminal, else a table or rows every interval. True when the user pressed Ctrl-C. */
export async function watchQueries(options: WatchOptions): Promise<boolean> {
  const { attribution, context, json, intervalMs, durationMs } = options;
  // The contract of --json: a duration without an interval is one window.
  if (json && intervalMs === undefined && durationMs !== undefined) {
    await measureQueries({ ...options, durationMs });
    return false;
  }
  const stop = stopSignal(durationMs);
  if (!json && context.terminal)
    return runLive({ ...live(options), intervalMs: intervalMs ?? LIVE_INTERVAL_MS, signal: stop });
  const rows = new QueryRows(attribution.read());
  while (!stop.aborted) {
    await pause(intervalMs ?? PLAIN_INTERVAL_MS, stop);
    attribution.refresh();
    printRows(rows.advance(attribution.read()), options);
  }
  return false;
}

/** One set of rows for the whole window. */
export async function measureQueries(options: WatchOptions & { readonly durationMs: number }): Promise<void> {
  const { attribution, durationMs } = options;
  const rows = new QueryRows(attribution.read());
  process.stderr.write(`pebble: watching for ${formatMicroseconds(durationMs * 1000)}\n`);
  await pause(durationMs, interruption());
  printRows(rows.advance(attribution.read()), options);
}

export function printRows(rows: readonly QueryRow[], { attribution, context, json, note }: WatchOptions): void {
  if (json) {
    for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
    return;
  }
  const { header } = frameOf(rows, attribution, note);
  const paint = context.color ? sgrPaint : noPaint;
  const width = process.stdout.columns ?? 160;
  const sorted = sortRows(rows, QUERY_COLUMNS[0]!);
  const table = layoutTable(QUERY_COLUMNS, sorted.slice(0, PLAIN_ROWS), { width, paint, sorted: 'load' });
  const more = rows.length > PLAIN_ROWS ? [`… and ${rows.length - PLAIN_ROWS} more`] : [];
  process.stdout.write(`${[...header, ...(rows.length > 0 ? table : []), ...more, ''].join('\n')}\n`);
}

function live({ attribution, context, note }: WatchOptions) {
  let history: Totals[] = [attribution.read()];
  return {
    view: QUERY_VIEW,
    paint: context.color ? sgrPaint : noPaint,
    poll: () => {
      attribution.refresh();
      const now = attribution.read();
      const start = history.findLastIndex(({ monotonicMs }) => now.monotonicMs - monotonicMs >= SLIDING_MS);
      history = [...history.slice(Math.max(0, start)), now];
      return frameOf(new QueryRows(history[0]!).advance(now), attribution, note);
    },
  };
}

function stopSignal(durationMs: number | undefined): AbortSignal {
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
