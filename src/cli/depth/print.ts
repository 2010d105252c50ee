/** Prints rows once: as NDJSON, or as a table below a few lines that say what it is of. */
import { type Column, layoutTable, noPaint, outputColumns, sgrPaint } from '../../terminal/index.ts';
import type { Context } from '../command.ts';

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

export const oneLine = (text: string | null): string => (text ?? '(text not seen)').replace(/\s+/g, ' ');
