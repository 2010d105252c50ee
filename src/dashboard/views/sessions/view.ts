/** View 11: who is connected and what they do at this moment, and whose the time of the range was. */
import { type ComponentChild, h } from 'preact';
import type { SessionRow } from '../../../api/index.ts';
import { formatMicroseconds } from '../../../base/units.ts';
import { useRows } from '../../data/rows.ts';
import { AT_EVERY_READING } from '../../data/use-answer.ts';
import { withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { ClientTable } from '../../ui/client-table.ts';
import { Panel } from '../../ui/panel.ts';
import { openQuery, QueryCell } from '../../ui/query-cell.ts';
import { Search } from '../../ui/search.ts';
import { swatch } from '../../ui/stack-chart.ts';
import { type Column, Table } from '../../ui/table.ts';
import { SignalButtons } from './signal.ts';

export function SessionsView(): ComponentChild {
  const { place, permissions } = store.state;
  const sessions = useRows('sessions', {}, AT_EVERY_READING);
  const all = place.own.all === '1';
  const search = (place.own.search ?? '').toLowerCase();
  const rows = sessions.rows.filter(
    (row) => (all || isOfUsers(row)) && (search === '' || textOf(row).includes(search)),
  );
  const signal = permissions?.signal === null;
  return h('div', {}, [
    h('div', { class: 'tools' }, [
      h(Search, { label: 'search sessions' }),
      h('label', {}, [
        h('input', {
          type: 'checkbox',
          checked: all,
          onChange: () => store.go(withOwn(place, { all: all ? '' : '1' })),
        }),
        ' with background processes and Pebble’s own',
      ]),
    ]),
    h(
      Panel,
      {
        title: 'Now',
        of: { ...sessions, window: undefined },
        note: `${rows.length} processes, at the moment of the last answer`,
      },
      h(Table<SessionRow>, {
        name: 'sessions',
        caption: 'Sessions',
        columns: signal ? [...COLUMNS.slice(0, -1), ACTIONS, ...COLUMNS.slice(-1)] : COLUMNS,
        rows,
        keyOf: ({ cluster, pid }: SessionRow) => `${cluster} ${pid}`,
        // Who holds something longest comes first; who is idle holds nothing.
        sort: 'transaction',
        data: ({ pid, application }: SessionRow) => ({ pid: String(pid), application: application ?? '' }),
        onOpen: openQuery,
        empty: 'No session.',
      }),
    ),
    h(ClientTable, {}),
  ]);
}

const isOfUsers = ({ backend_type, of_pebble }: SessionRow): boolean =>
  !of_pebble && (backend_type === 'client backend' || backend_type === 'parallel worker');

const textOf = ({ pid, user, database, application, client, query, state }: SessionRow): string =>
  [pid, user, database, application, client, query, state].join(' ').toLowerCase();

const time = (us: number | null): string => (us === null ? '-' : formatMicroseconds(us));
/** A transaction that is open this long and idle holds back others and vacuum. */
const LONG_IDLE_US = 2e6;

const isForgotten = ({ state, state_us }: SessionRow): boolean =>
  (state?.startsWith('idle in transaction') ?? false) && (state_us ?? 0) > LONG_IDLE_US;

const COLUMNS: readonly Column<SessionRow>[] = [
  { title: 'pid', value: ({ pid }) => pid, cell: ({ pid }) => pid },
  {
    title: 'state',
    value: ({ state, backend_type }) => state ?? backend_type,
    cell: (row) => h('span', { class: isForgotten(row) ? 'alarm' : '' }, row.state ?? row.backend_type),
    kind: 'text',
  },
  {
    title: 'for',
    means: 'how long it is in this state',
    value: ({ state_us }) => state_us,
    cell: ({ state_us }) => time(state_us),
  },
  {
    title: 'transaction',
    means: 'how long it is open',
    value: ({ transaction_us }) => transaction_us,
    cell: ({ transaction_us }) => time(transaction_us),
    wide: true,
  },
  {
    title: 'waits for',
    value: ({ wait_event_type, wait_event }) => wait_event_type && `${wait_event_type} ${wait_event}`,
    cell: ({ wait_event_type, wait_event }) =>
      wait_event_type === null ? '-' : [swatch(wait_event_type), `${wait_event_type} · ${wait_event}`],
    kind: 'text',
  },
  { title: 'user', value: ({ user }) => user, cell: ({ user }) => user ?? '-', kind: 'text', wide: 'very' },
  {
    title: 'database',
    value: ({ database }) => database,
    cell: ({ database }) => database ?? '-',
    kind: 'text',
    wide: 'very',
  },
  {
    title: 'application',
    value: ({ application }) => application,
    cell: ({ application }) => application ?? '-',
    kind: 'text',
    wide: true,
  },
  { title: 'client', value: ({ client }) => client, cell: ({ client }) => client ?? '-', kind: 'text', wide: 'very' },
  {
    title: 'statement',
    means: 'where it is idle, the last one',
    value: ({ query }) => query,
    cell: (row) => h(QueryCell, row),
    kind: 'query',
  },
];

const ACTIONS: Column<SessionRow> = {
  title: 'end',
  means: 'cancels the statement, or ends the session',
  value: () => null,
  cell: (row) => h(SignalButtons, { row }),
  kind: 'text',
  text: () => '',
};
