/** Prints rows once: as NDJSON, or as a table below a few lines that say what it is of. */
import { formatMicroseconds } from '../../base/units.ts';
import { type Column, layoutTable, noPaint, outputColumns, sgrPaint } from '../../terminal/index.ts';
import type { Context } from '../command.ts';
import { headerLines } from '../watch/header.ts';
import type { Measured } from './measure.ts';

/** More rows than these help nobody who reads a plain table. */
const MOST_ROWS = 30;

export function printNdjson(rows: readonly unknown[]): void {
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
}

export function printTable<Row>(
  header: readonly string[],
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { color }: Context,
): void {
  const width = outputColumns();
  const table = layoutTable(columns, rows.slice(0, MOST_ROWS), { width, paint: color ? sgrPaint : noPaint });
  const more = rows.length > MOST_ROWS ? [`… and ${rows.length - MOST_ROWS} more`] : [];
  process.stdout.write(`${[...header, ...(rows.length > 0 ? table : []), ...more, ''].join('\n')}\n`);
}

/** What is watched and what is not, for how long, and what of it was not seen: for people, above the tables. */
export function printHeader({ attribution, window }: Measured, rows: readonly object[]): void {
  const summary = `last ${formatMicroseconds(window.window_us)}`;
  const lines = headerLines(attribution, summary, [leastWhole(rows) ?? window]);
  process.stdout.write([...lines, '', ''].join('\n'));
}

/** The row of which most was not seen; undefined where none tells. */
export function leastWhole(rows: readonly object[]): Coverage | undefined {
  const telling = rows.filter((row): row is Coverage => 'coverage' in row && 'dropped' in row);
  return telling.find(({ coverage }) => coverage !== 'exact') ?? telling[0];
}

type Coverage = Pick<Measured['window'], 'coverage' | 'dropped'>;

export const oneLine = (text: string | null): string => (text ?? '(text not seen)').replace(/\s+/g, ' ');
