/** Columns of a table: what they show of a row, in which unit, and how they are ordered. */
import { formatBytes, formatCount, formatMicroseconds, formatRate, formatShare } from '../base/units.ts';
import type { Style } from './style.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** May hold anything: the table makes it harmless. */
  readonly text: (row: Row) => string;
  /** What the rows are ordered by: numbers descending, texts ascending. */
  readonly order: (row: Row) => number | string;
  /** Takes the width that others leave, and gives it up first. */
  readonly flexible?: true;
  readonly style?: (row: Row) => Style;
}

type Get<Row, Value> = (row: Row) => Value | undefined;

function numeric(format: (value: number) => string) {
  return <Row>(title: string, get: Get<Row, number>, style?: (row: Row) => Style): Column<Row> => ({
    title,
    align: 'right',
    text: (row) => {
      const value = get(row);
      return value === undefined ? '-' : format(value);
    },
    order: (row) => get(row) ?? Number.NEGATIVE_INFINITY,
    ...(style && { style }),
  });
}

export const countColumn = numeric(formatCount);
export const rateColumn = numeric(formatRate);
/** Microseconds. */
export const timeColumn = numeric(formatMicroseconds);
export const bytesColumn = numeric(formatBytes);
/** A part of 1. */
export const shareColumn = numeric(formatShare);

export function textColumn<Row>(
  title: string,
  get: Get<Row, string>,
  options: { readonly flexible?: true } = {},
): Column<Row> {
  return { title, align: 'left', text: (row) => get(row) ?? '-', order: (row) => get(row) ?? '', ...options };
}

/** Orders rows for a column; rows that are equal there keep their order. */
export function sortRows<Row>(rows: readonly Row[], column: Column<Row>, reverse = false): Row[] {
  const keyed = rows.map((row) => ({ row, key: column.order(row) }));
  const sign = reverse ? -1 : 1;
  keyed.sort((a, b) => sign * compare(a.key, b.key));
  return keyed.map(({ row }) => row);
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : b - a;
  return a < b ? -1 : a > b ? 1 : 0;
}
