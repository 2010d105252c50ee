/** View 10: background processes, each kind as a lane of its own: what it did and waited for. */
import { type ComponentChild, h } from 'preact';
import type { AnyWaitRow, LoadAnswer, SessionRow } from '../../../api/index.ts';
import { formatLoad, formatMicroseconds } from '../../../base/units.ts';
import { useEarlierRows, useRows } from '../../data/rows.ts';
import { placeParams, useAnswer } from '../../data/use-answer.ts';
import { store } from '../../state/store.ts';
import { inOrder } from '../../ui/classes.ts';
import { Panel } from '../../ui/panel.ts';
import { QueryCell } from '../../ui/query-cell.ts';
import { averageOf, StackChart, swatch } from '../../ui/stack-chart.ts';
import { type Column, Table } from '../../ui/table.ts';
import { WaitTable } from '../../ui/wait-table.ts';

const SESSIONS = new Set(['client backend', 'parallel worker']);

export function BackgroundView(): ComponentChild {
  const waits = useRows('waits');
  const earlierWaits = useEarlierRows('waits');
  const ofBackground = (row: AnyWaitRow): boolean => !SESSIONS.has(row.backend_type);
  const kinds = [...new Set(waits.rows.filter(ofBackground).map((row) => row.backend_type))].sort();
  return h('div', {}, [
    h(
      Panel,
      { title: 'Lanes', of: waits, note: 'what each kind of process waited for; idle waits are left out' },
      kinds.length === 0
        ? h('p', { class: 'quiet' }, 'No background process was seen in this window.')
        : h(
            'div',
            { class: 'lanes' },
            kinds.map((kind) => h(Lane, { key: kind, kind })),
          ),
    ),
    h(AtWork, {}),
    h(WaitTable, {
      title: 'Waits of background processes at work',
      waits,
      earlier: earlierWaits,
      isWanted: (row) => ofBackground(row) && row.wait_event_type !== IDLE,
      showsProcess: true,
      hasStatements: false,
      name: 'background',
    }),
  ]);
}

/** What they say that they do: PostgreSQL names the table that autovacuum is at. */
function AtWork(): ComponentChild {
  const sessions = useRows('sessions');
  const rows = sessions.rows.filter(({ backend_type, query }) => !SESSIONS.has(backend_type) && query !== null);
  return h(
    Panel,
    { title: 'At work now', of: { ...sessions, window: undefined } },
    h(Table<SessionRow>, {
      name: 'at-work',
      caption: 'Background processes at work now',
      columns: AT_WORK,
      rows,
      keyOf: ({ cluster, pid }: SessionRow) => `${cluster} ${pid}`,
      sort: 'for',
      empty: 'Nothing but waiting for work: no vacuum, no backup, no standby.',
    }),
  );
}

const AT_WORK: readonly Column<SessionRow>[] = [
  { title: 'process', value: (row) => row.backend_type, cell: (row) => row.backend_type, kind: 'text' },
  { title: 'pid', value: ({ pid }) => pid, cell: ({ pid }) => pid },
  {
    title: 'for',
    means: 'how long it has been at it',
    value: (row) => row.statement_us ?? row.state_us,
    cell: ({ statement_us, state_us }) => formatMicroseconds(statement_us ?? state_us ?? 0),
  },
  {
    title: 'waits for',
    value: ({ wait_event_type, wait_event }) => wait_event_type && `${wait_event_type} ${wait_event}`,
    cell: ({ wait_event_type: type, wait_event }) => (type === null ? '-' : [swatch(type), `${type} · ${wait_event}`]),
    kind: 'text',
    wide: true,
  },
  { title: 'work', value: ({ query }) => query, cell: (row) => h(QueryCell, row), kind: 'query' },
];

/** Waiting for work to do. */
const IDLE = 'Activity';

function Lane({ kind }: { readonly kind: string }): ComponentChild {
  const { place } = store.state;
  const { data, error } = useAnswer<LoadAnswer>('/api/load', {
    ...placeParams(place),
    backend_type: kind,
    by: 'wait_event_type',
  });
  const busy = (data?.series ?? []).filter(({ key }) => key !== IDLE);
  const series = inOrder(busy.map(({ key }) => key ?? 'others')).map((key) => ({
    key,
    label: key,
    values: busy.find((one) => (one.key ?? 'others') === key)!.sessions,
  }));
  const average = series.reduce((sum, { values }) => sum + averageOf(values), 0);
  return h('div', { class: 'lane' }, [
    h('h3', {}, kind),
    data && series.length > 0
      ? h(StackChart, {
          from: Date.parse(data.from),
          stepMs: data.step_us / 1000,
          series,
          height: 70,
          label: `${kind}: ${formatLoad(average)} at work on average`,
          legend: false,
          onRange: (from: number, to: number) => store.go({ ...place, range: { kind: 'between', from, to } }),
        })
      : h('p', { class: 'quiet' }, error ?? (data ? 'only idle' : 'asking …')),
  ]);
}
