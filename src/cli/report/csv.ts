/** Rows as CSV (RFC 4180): nested fields by their path with a dot, lists by spaces, nothing for null. */

export class CsvWriter {
  #columns: readonly string[] | undefined;

  /** The first rows bring the header. */
  format(rows: readonly object[]): string {
    const flat = rows.map((row) => flatten(row));
    const [first] = flat;
    if (!first) return '';
    const header = this.#columns ? '' : line([...first.keys()]);
    this.#columns ??= [...first.keys()];
    return header + flat.map((row) => line(this.#columns!.map((column) => row.get(column) ?? ''))).join('');
  }
}

function flatten(row: object, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(row)) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [inner, text] of flatten(value, `${prefix}${name}.`)) flat.set(inner, text);
    } else {
      flat.set(prefix + name, value === null ? '' : Array.isArray(value) ? value.join(' ') : String(value));
    }
  }
  return flat;
}

const line = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`;

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
