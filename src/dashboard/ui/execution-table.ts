/** Single executions, the slowest first; one opened shows its waterfall. */
import { type ComponentChild, h } from 'preact';
import type { ExecutionRow } from '../../api/index.ts';
import { formatMicroseconds } from '../../base/units.ts';
import { useRows } from '../data/rows.ts';
import { movedTo, withOwn } from '../state/place.ts';
import { store } from '../state/store.ts';
import { Bar } from './bar.ts';
import type { HeatBox } from './heatmap.ts';
import { boxOf } from './latency-map.ts';
import { timeText } from './moment.ts';
import { QueryCell } from './query-cell.ts';
import type { Column } from './table.ts';
import { TablePanel } from './table-panel.ts';

export const executionKey = ({ cluster, pid, started }: ExecutionRow): string => `${cluster} ${pid} ${started}`;

/** Those in the box that was drawn over the latencies, where there is one. */
export function ExecutionTable({ title }: { readonly title: string }): ComponentChild {
  const { place } = store.state;
  const executions = useRows('executions');
  const box = boxOf(place);
  const rows = box ? executions.rows.filter((row) => isIn(row, box)) : executions.rows;
  return h(TablePanel<ExecutionRow>, {
    title: box ? `${title} in the box` : title,
    of: executions,
    note: box && [
      `${formatMicroseconds(box.fromUs)} to ${formatMicroseconds(box.toUs)}, ${timeText(box.from)} to ${timeText(box.to)} `,
      h('button', { type: 'button', onClick: () => store.go(withOwn(place, { box: '' })) }, 'no box'),
    ],
    name: 'executions',
    columns: COLUMNS,
    rows,
    keyOf: executionKey,
    sort: 'latency',
    selected: place.own.execution,
    onOpen: (row: ExecutionRow) => store.go(movedTo(store.state.place, 'executions', { execution: executionKey(row) })),
    empty: box
      ? 'None of the executions that were kept one by one lies in it: those are the slow ones.'
      : 'No slow execution ended in this window.',
  });
}

/** By its end, which is when its latency is counted. */
function isIn({ started, latency_us }: ExecutionRow, { from, to, fromUs, toUs }: HeatBox): boolean {
  const ended = Date.parse(started) + latency_us / 1000;
  return ended >= from && ended <= to && latency_us >= fromUs && latency_us <= toUs;
}

/** Its waits by type, and what is left. */
export function partsOf({
  steps,
  on_cpu_us,
  run_queue_us,
  off_cpu_us,
}: ExecutionRow): { key: string; value: number }[] {
  const waits = new Map<string, number>();
  for (const { wait_event_type, us, run_queue_us: queued } of steps) {
    if (wait_event_type !== null) waits.set(wait_event_type, (waits.get(wait_event_type) ?? 0) + us - queued);
  }
  const named = [...waits.values()].reduce((sum, us) => sum + us, 0);
  const parts = [...waits].map(([key, value]) => ({ key, value }));
  return [
    { key: 'CPU', value: on_cpu_us },
    { key: 'Run queue', value: run_queue_us },
    ...parts,
    { key: 'Wait', value: Math.max(0, off_cpu_us - named) },
  ];
}

const COLUMNS: readonly Column<ExecutionRow>[] = [
  { title: 'latency', value: ({ latency_us }) => latency_us, cell: ({ latency_us }) => formatMicroseconds(latency_us) },
  { title: 'time', value: ({ latency_us }) => latency_us, cell: (row) => h(Bar, { parts: partsOf(row) }), kind: 'bar' },
  {
    title: 'started',
    value: ({ started }) => started,
    cell: ({ started }) => timeText(started),
    kind: 'text',
  },
  { title: 'pid', value: ({ pid }) => pid, cell: ({ pid }) => pid, wide: true },
  { title: 'user', value: ({ user }) => user, cell: ({ user }) => user ?? '-', kind: 'text', wide: true },
  { title: 'query', value: ({ query }) => query, cell: (row) => h(QueryCell, row), kind: 'query' },
];
