/** Tables as lines of text: pure, so that a terminal, a pipe and a test see the same. */
import type { Column } from './column.ts';
import { noPaint, type Paint } from './style.ts';
import { fit, sanitize, width } from './text.ts';

const GAP = '  ';
/** Flexible columns are not squeezed below a quarter of the width together, nor one below `from`: better that others go. */
const LEAST_FLEXIBLE = { from: 12, to: 24 } as const;
/** Beyond this a text is not even looked at: queries can be a megabyte long. */
const MOST_TEXT = 4096;

export interface TableOptions {
  /** Columns of the terminal; without it nothing is cut. */
  readonly width?: number;
  readonly paint?: Paint;
  /** Title of the column that rows are ordered by. */
  readonly sorted?: string;
  /** Number of the row to mark. */
  readonly selected?: number;
  /** Widths of an earlier frame: columns of a live table grow and do not flicker. Updated in place. */
  readonly widths?: number[];
}

/** The title line, then one line a row. */
export function layoutTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string[] {
  const paint = options.paint ?? noPaint;
  const cells = rows.map((row) => columns.map((column) => sanitize(column.text(row).slice(0, MOST_TEXT))));
  const titles = columns.map(({ title }) => (title === options.sorted ? `${title}▾` : title));
  const widths = columnWidths(columns, titles, cells, options);
  const lines = cells.map((texts, at) => {
    const selected = at === options.selected;
    const styles = columns.map(({ style }) => (style && !selected ? style(rows[at]!) : 'plain'));
    const line = joinCells(columns, texts, widths, (text, column) => paint(styles[column]!, text));
    return selected ? paint('inverse', line) : line;
  });
  return [
    paint(
      'bold',
      joinCells(columns, titles, widths, (text) => text),
    ),
    ...lines,
  ];
}

function joinCells<Row>(
  columns: readonly Column<Row>[],
  texts: readonly string[],
  widths: readonly number[],
  draw: (text: string, column: number) => string,
): string {
  const shown: string[] = [];
  for (let at = 0; at < columns.length; at++) {
    if (widths[at] === 0) continue;
    const last = at === columns.length - 1 && columns[at]!.align === 'left';
    const fitted = fit(texts[at]!, widths[at]!, columns[at]!.align);
    shown.push(draw(last ? fitted.trimEnd() : fitted, at));
  }
  return shown.join(GAP);
}

/** Widest cell of each column; the flexible ones share what is left, and columns without place (width 0) vanish from the right. */
function columnWidths<Row>(
  columns: readonly Column<Row>[],
  titles: readonly string[],
  cells: readonly (readonly string[])[],
  { width: available, widths: remembered }: TableOptions,
): number[] {
  const wanted = columns.map((_, at) =>
    cells.reduce((most, texts) => Math.max(most, width(texts[at]!)), width(titles[at]!)),
  );
  if (remembered) {
    wanted.forEach((columns_, at) => {
      remembered[at] = Math.max(remembered[at] ?? 0, columns_);
    });
  }
  const widths = remembered?.slice() ?? wanted;
  return available === undefined ? widths : shrink(columns, widths, available);
}

function shrink<Row>(columns: readonly Column<Row>[], widths: number[], available: number): number[] {
  const used = () =>
    widths.reduce((sum, columns_) => (columns_ === 0 ? sum : sum + columns_ + GAP.length), -GAP.length);
  const flexible = columns.filter((column) => column.flexible).length;
  const together = Math.min(LEAST_FLEXIBLE.to, Math.floor(available / 4));
  const least = Math.max(LEAST_FLEXIBLE.from, Math.floor(together / Math.max(1, flexible)));
  for (let at = columns.length - 1; at >= 0 && used() > available; at--) {
    if (columns[at]!.flexible) widths[at] = Math.max(Math.min(least, widths[at]!), widths[at]! - (used() - available));
  }
  for (let at = columns.length - 1; at > 0 && used() > available; at--) {
    if (!columns[at]!.flexible) widths[at] = 0;
  }
  if (used() > available) widths[0] = Math.max(1, widths[0]! - (used() - available));
  return widths;
}
