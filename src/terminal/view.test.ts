/** What keys do to a live table, without a terminal; and that drawing it is cheap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countColumn, textColumn, timeColumn } from './column.ts';
import { diffRows } from './screen.ts';
import { noPaint, sgrPaint } from './style.ts';
import { drawView, pressKey, startState, type ViewSpec, type ViewState, visibleRows } from './view.ts';

interface Row {
  readonly name: string;
  readonly calls: number;
  readonly time: number;
}
const SPEC: ViewSpec<Row> = {
  columns: [
    countColumn('calls', (row) => row.calls),
    timeColumn('time', (row) => row.time),
    textColumn('query', (row) => row.name, { flexible: true }),
  ],
  sorted: 'calls',
  identity: (row) => row.name,
  searchable: (row) => row.name,
  detail: (row) => [`query ${row.name}`, `calls ${row.calls}`],
};
const ROWS: readonly Row[] = [
  { name: 'select', calls: 30, time: 5 },
  { name: 'insert', calls: 20, time: 50 },
  { name: 'update', calls: 10, time: 500 },
];
const SIZE = { columns: 60, rows: 8 };

const press = (state: ViewState, ...keys: string[]) =>
  keys.reduce((now, key) => pressKey(SPEC, now, key, visibleRows(SPEC, now, ROWS), 5), state);
const draw = (state: ViewState, rows = ROWS) => drawView(SPEC, state, { header: ['head'], rows }, SIZE, noPaint, []);
const names = (state: ViewState) => visibleRows(SPEC, state, ROWS).map((row) => row.name);
const start = startState(SPEC);

test('the screen is full: header, titles, rows, status', () => {
  const lines = draw(start);
  assert.equal(lines.length, SIZE.rows);
  assert.equal(lines[0], 'head');
  assert.equal(lines[1], 'calls▾   time  query');
  assert.equal(lines[2], '    30    5µs  select');
  assert.match(lines[7]!, /^3 rows {3}q quit/);
});

test('s, S and r order', () => {
  assert.deepEqual(names(start), ['select', 'insert', 'update']);
  assert.deepEqual(names(press(start, 's')), ['update', 'insert', 'select']);
  assert.deepEqual(names(press(start, 'S')), ['insert', 'select', 'update']);
  assert.deepEqual(names(press(start, 'r')), ['update', 'insert', 'select']);
});

test('/ filters while typing; Enter keeps it, Escape clears it', () => {
  const typing = press(start, '/', 'S', 'E', 'q', 'backspace');
  assert.deepEqual(names(typing), ['select', 'insert']);
  assert.match(draw(typing)[7]!, /^\/SE_ {3}2 of 3 rows/);
  const kept = press(typing, 'enter');
  assert.equal(kept.mode, 'table');
  assert.match(draw(kept)[7]!, /^filter: SE/);
  assert.deepEqual(names(press(typing, 'escape')), ['select', 'insert', 'update']);
});

test('the selection follows its row through frames', () => {
  const second = press(start, 'down');
  const marked = drawView(
    SPEC,
    second,
    { header: [], rows: [...ROWS, { name: 'delete', calls: 99, time: 1 }] },
    SIZE,
    sgrPaint,
    [],
  );
  assert.ok(marked[3]!.startsWith(sgrPaint('inverse', '').slice(0, 4)) && marked[3]!.includes('insert'));
  assert.equal(press(start, 'end').selected, 'update');
  assert.equal(press(start, 'page-down', 'up').selected, 'insert');
});

test('Enter shows one row until it is left, also when the row is gone', () => {
  const detail = press(start, 'down', 'enter');
  assert.deepEqual(draw(detail).slice(1, 3), ['query insert', 'calls 20']);
  assert.match(draw(detail, [ROWS[0]!])[2]!, /has not been seen/);
  assert.equal(press(detail, 'escape').mode, 'table');
  assert.equal(press({ ...start, filter: 'nothing' }, 'enter').mode, 'table');
});

test('space pauses, ? helps, q and Ctrl-C end, q in a filter is a letter', () => {
  assert.match(draw(press(start, ' '))[7]!, /^PAUSED/);
  assert.equal(press(start, ' ', ' ').paused, false);
  assert.match(draw(press(start, '?')).join('\n'), /order by the next/);
  assert.equal(press(start, 'q').ended, true);
  assert.equal(press(start, '/', 'q').ended, false);
  assert.equal(press(start, '/', 'ctrl-c').ended, true);
});

test('hostile names reach the screen harmless', () => {
  const lines = draw(start, [{ name: '\x1b[2Jx', calls: 1, time: 1 }]);
  assert.ok(lines.every((line) => !line.includes('\x1b')));
});

test('a frame of a large screen costs about a millisecond of CPU', (t) => {
  const size = { columns: 200, rows: 50 };
  const widths: number[] = [];
  const frame = (at: number): Row[] =>
    Array.from({ length: 1000 }, (_, i) => ({
      name: `SELECT abalance FROM accounts WHERE aid = $${i}`,
      calls: (i * 7919 + at) % 10_007,
      time: i * at,
    }));
  const frames = Array.from({ length: 200 }, (_, at) => frame(at));
  let shown: string[] = [];
  const drawAll = (some: readonly Row[][]): void => {
    for (const rows of some) {
      const next = drawView(SPEC, start, { header: ['head'], rows }, size, sgrPaint, widths);
      diffRows(shown, next);
      shown = next;
    }
  };
  drawAll(frames.slice(0, 100));
  const before = process.cpuUsage();
  drawAll(frames.slice(100));
  const { user, system } = process.cpuUsage(before);
  const perFrame = (user + system) / 100;
  t.diagnostic(`${perFrame.toFixed(0)} µs of CPU a frame (1000 rows, 50 shown)`);
  assert.ok(perFrame < 3000, 'far above the millisecond that is aimed at');
});
