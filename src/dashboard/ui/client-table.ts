/** Who asks: requests and time of each application and client, each a way to the load and the sessions of one. */
import type { ComponentChild } from 'preact';
import { h } from 'preact';
import type { ClientRow } from '../../api/index.ts';
import { formatCount, formatLoad, formatMicroseconds, formatRate } from '../../base/units.ts';
import { useEarlierRows, useRows } from '../data/rows.ts';
import { filterBy } from '../frame/facets.ts';
import { Bar } from './bar.ts';
import type { Column } from './table.ts';
import { TablePanel } from './table-panel.ts';

export function ClientTable(): ComponentChild {
  const clients = useRows('clients');
  const most = Math.max(0, ...clients.rows.map(({ total_us }) => total_us));
  return h(TablePanel<ClientRow>, {
    title: 'Who asks',
    of: clients,
    name: 'clients',
    columns: columnsOf(most),
    rows: clients.rows,
    earlier: useEarlierRows('clients'),
    keyOf: ({ cluster, database, user, application, client }: ClientRow) =>
      JSON.stringify([cluster, database, user, application, client]),
    sort: 'sessions',
    data: ({ application, client }: ClientRow) => ({ application, client: client ?? '' }),
    onOpen: ({ application }: ClientRow) => filterBy('application', application),
    empty: 'Nobody asked for anything in this window.',
  });
}

const sessions = ({ total_us, window_us }: ClientRow): number => total_us / window_us;
const rate = ({ requests, window_us }: ClientRow): number => requests / (window_us / 1e6);
const average = ({ total_us, requests }: ClientRow): number | null => (requests === 0 ? null : total_us / requests);

const columnsOf = (most: number): readonly Column<ClientRow>[] => [
  {
    title: 'application',
    means: 'application_name, as it was when the request ended',
    value: ({ application }) => application,
    cell: ({ application }) => (application === '' ? '(none)' : application),
    kind: 'text',
  },
  { title: 'client', value: ({ client }) => client, cell: ({ client }) => client ?? '-', kind: 'text' },
  {
    title: 'sessions',
    means: 'in a request at a moment, on average',
    value: sessions,
    cell: (row) => formatLoad(sessions(row)),
    change: formatLoad,
  },
  {
    title: 'share',
    value: ({ total_us }) => total_us,
    cell: ({ on_cpu_us, run_queue_us, off_cpu_us }) =>
      h(Bar, {
        parts: [
          { key: 'CPU', value: on_cpu_us },
          { key: 'Run queue', value: run_queue_us },
          { key: 'Wait', value: off_cpu_us },
        ],
        most,
      }),
    kind: 'bar',
    wide: true,
  },
  { title: 'requests', value: ({ requests }) => requests, cell: ({ requests }) => formatCount(requests) },
  { title: 'a second', value: rate, cell: (row) => formatRate(rate(row)), change: formatRate },
  {
    title: 'average',
    means: 'time of a request',
    value: average,
    cell: (row) => (average(row) === null ? '-' : formatMicroseconds(average(row)!)),
  },
  { title: 'user', value: ({ user }) => user, cell: ({ user }) => user ?? '-', kind: 'text', wide: true },
  {
    title: 'database',
    value: ({ database }) => database,
    cell: ({ database }) => database ?? '-',
    kind: 'text',
    wide: true,
  },
];
