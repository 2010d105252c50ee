/** View 2, top SQL: where the time of each query goes. */
import { type ComponentChild, h } from 'preact';
import { useState } from 'preact/hooks';
import type { QueryRow } from '../../api/index.ts';
import { formatMicroseconds, formatRate } from '../../base/units.ts';
import { colourOf } from '../classes.ts';

interface Column {
  readonly title: string;
  readonly value: (row: QueryRow) => number;
  readonly text: (value: number, row: QueryRow) => string;
  /** Left out on narrow screens. */
  readonly wide?: true;
}

const busy = (row: QueryRow): number => row.on_cpu_us + row.off_cpu_us + row.run_queue_us;
const perSecond = (row: QueryRow, count: number): number => (count * 1e6) / row.window_us;
const rate = (value: number): string => formatRate(value);
const time = (value: number): string => (value < 0 ? '-' : formatMicroseconds(value));

const COLUMNS: readonly Column[] = [
  { title: 'load', value: (row) => busy(row) / row.window_us, text: rate },
  { title: 'calls/s', value: (row) => perSecond(row, row.calls), text: rate },
  { title: 'errors/s', value: (row) => perSecond(row, row.errors), text: rate, wide: true },
  { title: 'p50', value: (row) => row.latency_us.p50 ?? -1, text: time, wide: true },
  { title: 'p95', value: (row) => row.latency_us.p95 ?? -1, text: time },
  { title: 'p99', value: (row) => row.latency_us.p99 ?? -1, text: time, wide: true },
];
const MOST_ROWS = 50;

export function QueryTable({ rows }: { readonly rows: readonly QueryRow[] }): ComponentChild {
  const [sorted, sortBy] = useState('load');
  const column = COLUMNS.find(({ title }) => title === sorted)!;
  const shown = rows.toSorted((a, b) => column.value(b) - column.value(a)).slice(0, MOST_ROWS);
  return h('section', { 'aria-labelledby': 'queries' }, [
    h('h2', { id: 'queries' }, 'Top SQL'),
    h('div', { class: 'scroll' }, [
      h('table', {}, [
        h(
          'thead',
          {},
          h('tr', {}, [
            ...COLUMNS.map((one) => header(one, sorted, sortBy)),
            h('th', { class: 'wide' }, 'time'),
            h('th', { class: 'wide' }, 'database'),
            h('th', { class: 'query' }, 'query'),
          ]),
        ),
        h('tbody', {}, shown.map(bodyRow)),
      ]),
    ]),
    rows.length === 0
      ? h('p', { class: 'quiet' }, 'No query has been executed in the last ten seconds.')
      : h(
          'p',
          { class: 'quiet' },
          `${rows.length} queries of the last ${formatMicroseconds(rows[0]!.window_us)}, ${coverage(rows[0]!)}`,
        ),
  ]);
}

function header(column: Column, sorted: string, sortBy: (title: string) => void): ComponentChild {
  const isSorted = column.title === sorted;
  return h(
    'th',
    { class: column.wide ? 'wide' : '', scope: 'col', 'aria-sort': isSorted ? 'descending' : 'none' },
    h('button', { type: 'button', onClick: () => sortBy(column.title) }, `${column.title}${isSorted ? ' ▾' : ''}`),
  );
}

function bodyRow(row: QueryRow): ComponentChild {
  const key = JSON.stringify([row.cluster, row.database, row.user, row.query_id ?? row.fingerprint]);
  const text = (row.query ?? '(text not seen)').replace(/\s+/g, ' ');
  return h('tr', { key, 'data-fingerprint': row.fingerprint }, [
    ...COLUMNS.map((column) => h('td', { class: column.wide ? 'wide' : '' }, column.text(column.value(row), row))),
    h('td', { class: 'wide' }, timeBar(row)),
    h('td', { class: 'wide' }, row.database ?? '-'),
    h('td', { class: 'query', title: row.query ?? '' }, text),
  ]);
}

/** On a CPU, waiting for one, waiting for something else: as parts of its time. */
function timeBar(row: QueryRow): ComponentChild {
  const total = busy(row);
  const parts: readonly (readonly [string, number])[] = [
    ['CPU', row.on_cpu_us],
    ['Run queue', row.run_queue_us],
    ['Wait', row.off_cpu_us],
  ];
  const label = parts.map(([name, value]) => `${name} ${Math.round((100 * value) / (total || 1))} %`).join(', ');
  return h(
    'div',
    { class: 'bar', role: 'img', 'aria-label': label, title: label },
    parts.map(([name, value]) =>
      h('span', { key: name, style: { width: `${(100 * value) / (total || 1)}%`, background: colourOf(name) } }),
    ),
  );
}

const coverage = (row: QueryRow): string =>
  row.coverage === 'exact' ? 'every event counted' : `${row.coverage}: ${row.dropped} events lost`;
