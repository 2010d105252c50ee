/** A live table as a state that keys change and a function that draws it: pure, the terminal is elsewhere (live.ts). */
import { type Column, sortRows } from './column.ts';
import type { Size } from './screen.ts';
import type { Paint } from './style.ts';
import { layoutTable } from './table.ts';
import { sanitize, truncate } from './text.ts';

/** What a command shows at one moment. */
export interface Frame<Row> {
  /** Lines above the table: totals, coverage, losses. */
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

export interface ViewSpec<Row> {
  readonly columns: readonly Column<Row>[];
  /** Title of the column to start with. */
  readonly sorted: string;
  /** Follows a row through frames. */
  readonly identity: (row: Row) => string;
  /** What the filter looks at. */
  readonly searchable: (row: Row) => string;
  /** Everything about one row, for Enter. */
  readonly detail: (row: Row) => readonly string[];
}

export interface ViewState {
  readonly mode: 'table' | 'filter' | 'detail' | 'help';
  readonly paused: boolean;
  readonly filter: string;
  readonly sorted: string;
  readonly reverse: boolean;
  /** Identity of the selected row; the first one when it is gone. */
  readonly selected: string | undefined;
  /** First line shown of a detail or help. */
  readonly scroll: number;
  readonly ended: boolean;
}

const KEYS: readonly (readonly [string, string])[] = [
  ['up down PgUp PgDn Home End', 'select a row'],
  ['Enter', 'everything about the selected row'],
  ['/', 'show only rows that contain a text (Enter keeps it, Esc clears it)'],
  ['s  S', 'order by the next, the previous column'],
  ['r', 'reverse the order'],
  ['Space', 'pause and continue'],
  ['? h', 'this help'],
  ['Esc', 'back'],
  ['q', 'quit'],
];

export const startState = <Row>(spec: ViewSpec<Row>): ViewState => ({
  mode: 'table',
  paused: false,
  filter: '',
  sorted: spec.sorted,
  reverse: false,
  selected: undefined,
  scroll: 0,
  ended: false,
});

/** The rows in the order and choice that the state asks for. */
export function visibleRows<Row>(spec: ViewSpec<Row>, state: ViewState, rows: readonly Row[]): Row[] {
  const wanted = state.filter.toLowerCase();
  const chosen = wanted === '' ? rows : rows.filter((row) => spec.searchable(row).toLowerCase().includes(wanted));
  const column = spec.columns.find(({ title }) => title === state.sorted) ?? spec.columns[0]!;
  return sortRows(chosen, column, state.reverse);
}

/** The state after a key; `rows` are the visible ones, `page` the number that fits. */
export function pressKey<Row>(
  spec: ViewSpec<Row>,
  state: ViewState,
  key: string,
  rows: readonly Row[],
  page: number,
): ViewState {
  if (key === 'ctrl-c') return { ...state, ended: true };
  if (state.mode === 'filter') return editFilter(state, key);
  if (key === 'q') return { ...state, ended: true };
  if (key === ' ') return { ...state, paused: !state.paused };
  return state.mode === 'table' ? pressInTable(spec, state, key, rows, page) : pressInText(state, key, page);
}

function editFilter(state: ViewState, key: string): ViewState {
  if (key === 'enter') return { ...state, mode: 'table' };
  if (key === 'escape') return { ...state, mode: 'table', filter: '' };
  if (key === 'ctrl-u') return { ...state, filter: '' };
  if (key === 'backspace') return { ...state, filter: Array.from(state.filter).slice(0, -1).join('') };
  return Array.from(key).length === 1 ? { ...state, filter: state.filter + key } : state;
}

function pressInTable<Row>(
  spec: ViewSpec<Row>,
  state: ViewState,
  key: string,
  rows: readonly Row[],
  page: number,
): ViewState {
  const at = selectedIndex(spec, state, rows);
  const select = (index: number): ViewState => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    return { ...state, selected: row && spec.identity(row) };
  };
  const order = (step: number): ViewState => {
    const titles = spec.columns.map(({ title }) => title);
    const next = (titles.indexOf(state.sorted) + step + titles.length) % titles.length;
    return { ...state, sorted: titles[next]!, reverse: false };
  };
  const actions: Readonly<Record<string, () => ViewState>> = {
    up: () => select(at - 1),
    k: () => select(at - 1),
    down: () => select(at + 1),
    j: () => select(at + 1),
    'page-up': () => select(at - page),
    'page-down': () => select(at + page),
    home: () => select(0),
    end: () => select(rows.length - 1),
    enter: () => (rows.length > 0 ? { ...select(at), mode: 'detail', scroll: 0 } : state),
    '/': () => ({ ...state, mode: 'filter' }),
    s: () => order(1),
    S: () => order(-1),
    r: () => ({ ...state, reverse: !state.reverse }),
    '?': () => ({ ...state, mode: 'help', scroll: 0 }),
    h: () => ({ ...state, mode: 'help', scroll: 0 }),
    escape: () => ({ ...state, filter: '' }),
  };
  return Object.hasOwn(actions, key) ? actions[key]!() : state;
}

function pressInText(state: ViewState, key: string, page: number): ViewState {
  const step = { up: -1, k: -1, down: 1, j: 1, 'page-up': -page, 'page-down': page }[key];
  if (step !== undefined) return { ...state, scroll: Math.max(0, state.scroll + step) };
  return ['escape', 'enter', 'backspace', '?', 'h'].includes(key) ? { ...state, mode: 'table' } : state;
}

function selectedIndex<Row>(spec: ViewSpec<Row>, state: ViewState, rows: readonly Row[]): number {
  return Math.max(
    0,
    rows.findIndex((row) => spec.identity(row) === state.selected),
  );
}

/** Looks among all rows: the filter or a pause must not make the row under inspection vanish. */
function detailLines<Row>(spec: ViewSpec<Row>, state: ViewState, rows: readonly Row[]): readonly string[] {
  const row = rows.find((candidate) => spec.identity(candidate) === state.selected);
  return row ? spec.detail(row) : ['', '  this row has not been seen in the last interval'];
}

/** Rows of the table that fit below the header, its titles, and above the status line. */
export const pageSize = (header: readonly string[], size: Size): number => Math.max(1, size.rows - header.length - 2);

/** The whole screen; `widths` is the table's memory (layoutTable). */
export function drawView<Row>(
  spec: ViewSpec<Row>,
  state: ViewState,
  frame: Frame<Row>,
  size: Size,
  paint: Paint,
  widths: number[],
): string[] {
  const header = frame.header.map((line) => truncate(sanitize(line), size.columns));
  const page = pageSize(header, size);
  const rows = visibleRows(spec, state, frame.rows);
  const text =
    state.mode === 'help' ? helpLines() : state.mode === 'detail' ? detailLines(spec, state, frame.rows) : undefined;
  const body = text
    ? textLines(text, state.scroll, page + 1, size)
    : tableLines(spec, state, rows, page, { size, paint, widths });
  const filler = new Array<string>(Math.max(0, page + 1 - body.length)).fill('');
  return [...header, ...body, ...filler, statusLine(state, rows.length, frame.rows.length, size, paint)];
}

function tableLines<Row>(
  spec: ViewSpec<Row>,
  state: ViewState,
  rows: readonly Row[],
  page: number,
  { size, paint, widths }: { readonly size: Size; readonly paint: Paint; readonly widths: number[] },
): string[] {
  const at = selectedIndex(spec, state, rows);
  const first = Math.max(0, Math.min(at - Math.floor(page / 2), rows.length - page));
  const shown = rows.slice(first, first + page);
  return layoutTable(spec.columns, shown, {
    width: size.columns,
    paint,
    sorted: state.sorted,
    selected: at - first,
    widths,
  });
}

function textLines(lines: readonly string[], scroll: number, page: number, size: Size): string[] {
  const first = Math.max(0, Math.min(scroll, lines.length - page));
  return lines.slice(first, first + page).map((line) => truncate(sanitize(line), size.columns));
}

function helpLines(): string[] {
  const widest = Math.max(...KEYS.map(([keys]) => keys.length));
  return ['', ...KEYS.map(([keys, does]) => `  ${keys.padEnd(widest)}  ${does}`)];
}

function statusLine(state: ViewState, shown: number, all: number, size: Size, paint: Paint): string {
  const filter = state.mode === 'filter' ? `/${state.filter}_` : state.filter && `filter: ${state.filter}`;
  const parts = [state.paused ? 'PAUSED' : '', filter, shown < all ? `${shown} of ${all} rows` : `${all} rows`];
  const keys =
    state.mode === 'filter' ? 'Enter keeps, Esc clears' : 'q quit  Space pause  / filter  s sort  Enter detail  ? help';
  return paint('dim', truncate(sanitize([...parts.filter(Boolean), keys].join('   ')), size.columns));
}
