/** Tables as text and as CSV, and the way to the clipboard. */

export type Cells = readonly (readonly string[])[];

/** RFC 4180; a cell that a spreadsheet would run as a formula is kept as text. */
export function csvOf(cells: Cells): string {
  const quoted = (cell: string): string => {
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return cells.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

/** Columns as wide as their widest cell; the last one as it is. */
export function textOf(cells: Cells): string {
  const oneLine = cells.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ')));
  const widths = oneLine[0]!.map((_, column) => Math.max(...oneLine.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ');
  return `${oneLine.map(line).join('\n')}\n`;
}

/** navigator.clipboard is missing on plain HTTP to other hosts: there the old way still works. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/** Offers a file to keep. */
export function saveFile(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
