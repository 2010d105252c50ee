/** `pebble export`: history as rows for other tools, one a series and step. */
import { once } from 'node:events';
import { History, loadConfiguration } from '../../agent/index.ts';
import type { PastQueryRow, PastWaitRow } from '../../api/index.ts';
import { openStore, type TimeRange } from '../../store/index.ts';
import type { Exit } from '../command.ts';
import type { Parsed } from '../options.ts';
import { CsvWriter } from '../report/csv.ts';
import { rangeOf } from '../report/range.ts';
import type { EXPORT_OPTIONS } from '../table.ts';

type Row = PastQueryRow | PastWaitRow;

const DEFAULT_STEP_MS = 60_000;

export async function run({ options }: Parsed<typeof EXPORT_OPTIONS>): Promise<Exit> {
  const range = rangeOf(options, Date.now());
  const stepMs = options.step ?? DEFAULT_STEP_MS;
  const store = await openStore(options.store ?? loadConfiguration(options.config, {}).store, { readOnly: true });
  const csv = options.format === 'csv' ? new CsvWriter() : undefined;
  try {
    const history = new History(store);
    for (const step of stepsOf(range, stepMs)) {
      const rows = await rowsOf(history, step, options);
      const text = csv ? csv.format(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    }
  } finally {
    await store.close();
  }
  return undefined;
}

/** On the grid of its length, so that two exports have the same steps. */
function* stepsOf({ fromMs, toMs }: TimeRange, stepMs: number): Generator<TimeRange> {
  for (let at = Math.floor(fromMs / stepMs) * stepMs; at < toMs; at += stepMs) yield { fromMs: at, toMs: at + stepMs };
}

async function rowsOf(
  history: History,
  range: TimeRange,
  { kind, host, pgdata }: Parsed<typeof EXPORT_OPTIONS>['options'],
): Promise<readonly Row[]> {
  const where = { ...(pgdata !== undefined && { cluster: pgdata }), ...(host !== undefined && { host }) };
  return kind === 'waits' ? (await history.waits(range, where)).rows : (await history.queries(range, where)).rows;
}
