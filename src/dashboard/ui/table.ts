/** A table of any length: only the rows in sight exist; sorted by a click on a head, copied as text or CSV. */
import { type ComponentChild, h } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Earlier } from '../data/rows.ts';
import { secondsOf, withOwn } from '../state/place.ts';
import { store } from '../state/store.ts';
import { type Cells, copyText, csvOf, saveFile, textOf } from './copy.ts';
import { watchedOf } from './coverage.ts';
import { useRowKeys } from './row-keys.ts';

export interface Column<Row> {
  readonly title: string;
  /** What the title means. */
  readonly means?: string;
  /** What it is sorted by; numbers fall, texts rise. */
  readonly value: (row: Row) => number | string | null;
  readonly cell: (row: Row) => ComponentChild;
  /** As it is copied; the value unless given. */
  readonly text?: (row: Row) => string;
  /** Where the reader compares: what a difference of two values is written as. Has a column of its own then. */
  readonly change?: (difference: number) => string;
  /** Of a row of the earlier window; as `value` unless given. */
  readonly valueBefore?: (row: Row) => number | null;
  readonly kind?: 'number' | 'text' | 'query' | 'bar';
  /** Left out on narrow screens; `very`: shown on very wide ones only. */
  readonly wide?: true | 'very';
}

export interface TableProps<Row> {
  /** Names its order in the address, and the file that it is saved as. */
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Those of the earlier window, while the reader compares. */
  readonly earlier?: Earlier<Row> | undefined;
  readonly sort: string;
  readonly data?: (row: Row) => Readonly<Record<string, string>>;
  readonly onOpen?: (row: Row) => void;
  readonly selected?: string | undefined;
  /** What is said where there are no rows. */
  readonly empty: string;
}

const ROW_PX = 27;
/** Rows kept above and below those in sight; and how many come and go together: a page that changes at each frame is drawn anew at each. */
const MARGIN_ROWS = 8;
const STEP_ROWS = 4;

export function Table<Row>(props: TableProps<Row>): ComponentChild {
  const { name, caption, rows, empty } = props;
  const columns = useCompared(props);
  const of = useMemo(() => ({ ...props, columns }), [props, columns]);
  const { sort, toggle } = useSort(name, props.sort);
  const sorted = useSorted(rows, columns, sort);
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ first: 0, count: 40 });
  const look = (): void => {
    const { scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    const top = Math.max(0, Math.floor(scrollTop / ROW_PX) - MARGIN_ROWS);
    const first = top - (top % STEP_ROWS);
    const count = Math.ceil(clientHeight / ROW_PX) + 2 * MARGIN_ROWS + STEP_ROWS;
    if (first !== seen.first || count !== seen.count) setSeen({ first, count });
  };
  useLayoutEffect(look);
  const onKeyDown = useRowKeys(box, { count: sorted.length, heightPx: ROW_PX });
  const first = Math.min(seen.first, Math.max(0, sorted.length - 1));
  const shown = useDrawn(of, sorted, first, seen.count);
  return h('div', { class: 'table' }, [
    h(
      'div',
      { class: 'scroll', ref: box, onScroll: look, onKeyDown, tabIndex: 0, role: 'region', 'aria-label': caption },
      [
        h('table', { 'aria-rowcount': sorted.length + 1, 'data-table': name }, [
          h('caption', { class: 'unseen' }, caption),
          h(
            'thead',
            { hidden: sorted.length === 0 },
            h(
              'tr',
              {},
              columns.map((column) => headCell(column, sort, toggle)),
            ),
          ),
          h('tbody', {}, [spacer('above', first), ...shown, spacer('below', sorted.length - first - shown.length)]),
        ]),
      ],
    ),
    sorted.length === 0 ? h('p', { class: 'quiet' }, empty) : h(Tools, { name, cells: () => cellsOf(columns, sorted) }),
  ]);
}

interface Drawn<Row> {
  readonly from: TableProps<Row>;
  readonly sorted: readonly Row[];
  readonly rows: ReadonlyMap<number, ComponentChild>;
}

/** Rows that stay in sight while the table is scrolled are the same elements: nothing of them is looked at again. */
function useDrawn<Row>(props: TableProps<Row>, sorted: readonly Row[], first: number, count: number): ComponentChild[] {
  const last = useRef<Drawn<Row> | undefined>(undefined);
  const known = last.current?.from === props && last.current.sorted === sorted ? last.current.rows : undefined;
  const rows = new Map<number, ComponentChild>();
  for (let at = first; at < Math.min(first + count, sorted.length); at++)
    rows.set(at, known?.get(at) ?? bodyRow(props, sorted[at]!, at));
  last.current = { from: props, sorted, rows };
  return [...rows.values()];
}

/** With a column of the difference behind each that can be compared. */
function useCompared<Row>({ columns, earlier, keyOf }: TableProps<Row>): readonly Column<Row>[] {
  const before = useMemo(() => new Map(earlier?.rows.map((row) => [keyOf(row), row])), [earlier?.rows]);
  return useMemo(() => {
    if (!earlier) return columns;
    const without = isWhole(earlier) ? 'new' : '-';
    return columns.flatMap((column) =>
      column.change ? [column, changeOf(column, column.change, (row) => before.get(keyOf(row)), without)] : [column],
    );
  }, [columns, earlier, before]);
}

/** What was not there in a part of a window may have been there in the rest. */
function isWhole<Row>({ missing, isLoading, window }: Earlier<Row>): boolean {
  if (missing !== undefined || isLoading) return false;
  return window === undefined || watchedOf(window, secondsOf(store.state.place.range) * 1e6) === undefined;
}

function changeOf<Row>(
  { title, value, valueBefore = value as (row: Row) => number | null, wide }: Column<Row>,
  text: (difference: number) => string,
  beforeOf: (row: Row) => Row | undefined,
  without: string,
): Column<Row> {
  const change = (row: Row): number => {
    const before = beforeOf(row);
    return Number(value(row) ?? 0) - (before === undefined ? 0 : (valueBefore(before) ?? 0));
  };
  const words = (row: Row): string => {
    if (beforeOf(row) === undefined) return without;
    const size = text(Math.abs(change(row)));
    return size === text(0) || size.startsWith('<') ? '=' : `${change(row) > 0 ? '+' : '−'}${size}`;
  };
  return {
    title: `± ${title}`,
    means: `${title} now, less that of the earlier window`,
    value: change,
    cell: words,
    ...(wide && { wide }),
  };
}

/** In the address: `sort=calls` falls, `sort=-calls` rises. */
function useSort(name: string, usual: string): { sort: string; toggle: (title: string) => void } {
  const { place } = store.state;
  const sort = place.own[`${name}.sort`] ?? usual;
  const toggle = (title: string): void => {
    const next = sort === title ? `-${title}` : title;
    store.adjust(withOwn(store.state.place, { [`${name}.sort`]: next === usual ? '' : next }));
  };
  return { sort, toggle };
}

function useSorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: string): readonly Row[] {
  const known = useRef<{ rows: readonly Row[]; sort: string; sorted: readonly Row[] } | undefined>(undefined);
  if (known.current?.rows !== rows || known.current.sort !== sort) {
    const rises = sort.startsWith('-');
    const column = columns.find(({ title }) => title === sort.replace(/^-/, '')) ?? columns[0]!;
    const sorted = rows.toSorted((a, b) => compare(column.value(a), column.value(b)) * (rises ? -1 : 1));
    known.current = { rows, sort, sorted };
  }
  return known.current.sorted;
}

/** Unknown last; large numbers first; texts by the alphabet. */
function compare(a: number | string | null, b: number | string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return typeof a === 'number' && typeof b === 'number' ? b - a : String(a).localeCompare(String(b));
}

function headCell<Row>(column: Column<Row>, sort: string, toggle: (title: string) => void): ComponentChild {
  const { title } = column;
  const direction = sort === title ? 'descending' : sort === `-${title}` ? 'ascending' : 'none';
  const sign = { descending: ' ▾', ascending: ' ▴', none: '' }[direction];
  return h(
    'th',
    { key: title, class: classOf(column), scope: 'col', 'aria-sort': direction, title: column.means },
    h('button', { type: 'button', onClick: () => toggle(title) }, `${title}${sign}`),
  );
}

function bodyRow<Row>(of: TableProps<Row>, row: Row, index: number): ComponentChild {
  return h(BodyRow<Row>, { key: of.keyOf(row), of, row, index });
}

interface BodyRowProps<Row> {
  readonly of: TableProps<Row>;
  readonly row: Row;
  readonly index: number;
}

function BodyRow<Row>({ of, row, index }: BodyRowProps<Row>): ComponentChild {
  const { columns, keyOf, data, onOpen, selected } = of;
  const attributes = Object.fromEntries(
    Object.entries(data?.(row) ?? {}).map(([name, value]) => [`data-${name}`, value]),
  );
  const first = (wanted: Column<Row>['kind']) => columns.find(({ kind }) => kind === wanted);
  const opener = onOpen && (first('query') ?? first('text'));
  return h(
    'tr',
    {
      'aria-rowindex': index + 2,
      class: `${onOpen ? 'opens' : ''} ${keyOf(row) === selected ? 'selected' : ''}`,
      onClick: onOpen && ((event: MouseEvent) => isPlain(event) && onOpen(row)),
      ...attributes,
    },
    columns.map((column) => {
      const content = column.cell(row);
      return h(
        'td',
        { key: column.title, class: classOf(column) },
        column === opener
          ? h('button', { type: 'button', class: 'open', tabIndex: -1, onClick: () => onOpen!(row) }, content)
          : content,
      );
    }),
  );
}

/** Neither on something that has a click of its own, nor the end of marking text. */
function isPlain(event: MouseEvent): boolean {
  const target = event.target as Element;
  return target.closest('button, a, input') === null && String(getSelection()) === '';
}

const classOf = <Row>({ kind = 'number', wide }: Column<Row>): string =>
  `${kind}${wide ? ' wide' : ''}${wide === 'very' ? ' very' : ''}`;

const spacer = (key: string, rows: number): ComponentChild =>
  rows > 0 && h('tr', { key, class: 'spacer', 'aria-hidden': 'true', style: { height: `${rows * ROW_PX}px` } });

const cellsOf = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Cells => [
  columns.map(({ title }) => title),
  ...rows.map((row) => columns.map(({ text, value }) => (text ? text(row) : String(value(row) ?? '')))),
];

/** Under each table: as text or CSV, all rows of it. */
export function Tools({ name, cells }: { readonly name: string; readonly cells: () => Cells }): ComponentChild {
  const [said, say] = useState('');
  const copy = async (text: string): Promise<void> => {
    say((await copyText(text)) ? 'copied' : 'the browser does not let us');
    setTimeout(() => say(''), 2000);
  };
  return h('div', { class: 'tools' }, [
    h('button', { type: 'button', onClick: () => copy(textOf(cells())) }, 'copy as text'),
    h('button', { type: 'button', onClick: () => copy(csvOf(cells())) }, 'copy as CSV'),
    h('button', { type: 'button', onClick: () => saveFile(`${name}.csv`, 'text/csv', csvOf(cells())) }, 'save CSV'),
    h('span', { class: 'quiet', role: 'status' }, said),
  ]);
}
