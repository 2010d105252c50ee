/** Tables line up, fit the terminal, and let nothing through that acts on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesColumn, countColumn, sortRows, textColumn, timeColumn } from './column.ts';
import { sgrPaint } from './style.ts';
import { layoutTable } from './table.ts';
import { width } from './text.ts';

interface Row {
  readonly calls: number;
  readonly p95?: number;
  readonly bytes: number;
  readonly query: string;
}
const COLUMNS = [
  countColumn<Row>('calls', (row) => row.calls),
  timeColumn<Row>('p95', (row) => row.p95),
  bytesColumn<Row>('read', (row) => row.bytes),
  textColumn<Row>('query', (row) => row.query, { flexible: true }),
];
const ROWS: readonly Row[] = [
  { calls: 12, p95: 1234, bytes: 8192, query: 'SELECT 1' },
  { calls: 1_500_000, bytes: 0, query: "INSERT INTO 東京 VALUES ('\x1b[2J')" },
];

test('numbers stand right with their unit, text left and harmless', () => {
  assert.deepEqual(layoutTable(COLUMNS, ROWS), [
    'calls     p95     read  query',
    '   12  1.23ms  8.00KiB  SELECT 1',
    "1.50M       -       0B  INSERT INTO 東京 VALUES ('␛[2J')",
  ]);
});

test('the flexible column gives way first, then columns vanish from the right', () => {
  assert.deepEqual(layoutTable(COLUMNS, ROWS, { width: 40 }), [
    'calls     p95     read  query',
    '   12  1.23ms  8.00KiB  SELECT 1',
    '1.50M       -       0B  INSERT INTO 東…',
  ]);
  assert.deepEqual(layoutTable(COLUMNS, ROWS, { width: 30 }), [
    'calls     p95  query',
    '   12  1.23ms  SELECT 1',
    '1.50M       -  INSERT INTO…',
  ]);
});

test('no line is wider than the terminal', () => {
  for (let columns = 20; columns < 100; columns++) {
    for (const line of layoutTable(COLUMNS, ROWS, { width: columns, sorted: 'calls' }))
      assert.ok(width(line) <= columns);
  }
});

test('a live table keeps the widths it once had', () => {
  const widths: number[] = [];
  layoutTable(COLUMNS, ROWS, { widths, width: 80 });
  const [, line] = layoutTable(COLUMNS, [{ calls: 1, p95: 1, bytes: 1, query: 'x' }], { widths, width: 80 });
  assert.equal(line, '    1     1µs       1B  x');
});

test('the selected row is marked, the order is shown', () => {
  const lines = layoutTable(COLUMNS, ROWS, { paint: sgrPaint, selected: 0, sorted: 'p95' });
  assert.match(lines[0]!, /p95▾/);
  assert.ok(lines[1]!.startsWith('\x1b[7m') && lines[1]!.endsWith('\x1b[0m'));
});

test('numbers are ordered from high to low, texts from a to z, and missing ones come last', () => {
  const calls = (column: number, reverse = false) => sortRows(ROWS, COLUMNS[column]!, reverse).map((row) => row.calls);
  assert.deepEqual(calls(0), [1_500_000, 12]);
  assert.deepEqual(calls(0, true), [12, 1_500_000]);
  assert.deepEqual(calls(1), [12, 1_500_000]);
  assert.deepEqual(calls(3), [1_500_000, 12]);
});
