/** View 15: what the server does for itself, by its own word: events, the xmin horizon, vacuum, replication, settings. */
import { type ComponentChild, h } from 'preact';
import type {
  CatalogAnswer,
  CatalogEvent,
  CatalogFacts,
  CatalogState,
  HorizonHolder,
  VacuumDebt,
} from '../../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds } from '../../../base/units.ts';
import { useRows } from '../../data/rows.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { store } from '../../state/store.ts';
import { Missing } from '../../ui/coverage.ts';
import { momentText, timeText } from '../../ui/moment.ts';
import { Panel } from '../../ui/panel.ts';
import { type Column, Table } from '../../ui/table.ts';

const NO_CONNECTION =
  'PostgreSQL is not asked: give the agent a role with pg_monitor (setting `connect`). Everything else works without it.';

export function UpkeepView(): ComponentChild {
  const events = useRows('events');
  const { data, error } = useAnswer<CatalogAnswer>('/api/catalog');
  const { cluster } = store.state.place.facets;
  const isOfMany = new Set(events.rows.map((row) => row.cluster)).size > 1;
  const connections = (data?.connections ?? []).filter((one) => cluster === undefined || one.cluster === cluster);
  return h('div', {}, [
    h(
      Panel,
      { title: 'What was done', of: events, note: 'changes of the schema, settings, restarts, vacuums' },
      h(Table<CatalogEvent>, {
        name: 'events',
        caption: 'Events',
        columns: isOfMany ? [...EVENTS, CLUSTER] : EVENTS,
        rows: events.rows,
        keyOf: ({ at, kind, what, cluster: of }: CatalogEvent) => `${at} ${kind} ${of} ${what}`,
        sort: 'at',
        empty: 'Nothing of the kind happened in this window.',
      }),
    ),
    error !== undefined && h('p', { class: 'alarm' }, error),
    data &&
      connections.length === 0 &&
      h(Missing, { what: 'Horizon, vacuum, replication and settings', reason: NO_CONNECTION }),
    connections.map((state, at) => h(Connection, { key: state.cluster ?? String(at), state })),
  ]);
}

function Connection({ state: { cluster, trouble, facts } }: { readonly state: CatalogState }): ComponentChild {
  return h('div', {}, [
    h('h3', {}, cluster ?? 'a cluster that was not reached yet'),
    trouble !== null && h('p', { class: 'alarm' }, trouble),
    facts && h(Facts, { facts }),
  ]);
}

function Facts({ facts }: { readonly facts: CatalogFacts }): ComponentChild {
  const note = `at ${timeText(facts.at)}`;
  return h('div', {}, [
    h(Panel, { title: 'Who holds back the xmin horizon', note }, [
      h('p', { class: 'quiet' }, 'Rows that died after the oldest of these began cannot be removed by any vacuum.'),
      h(Table<HorizonHolder>, {
        name: 'horizon',
        caption: 'Holders of the xmin horizon',
        columns: HORIZON,
        // Of those that hold the same, who has held it longest comes first.
        rows: facts.horizon.toSorted((a, b) => (b.transaction_us ?? 0) - (a.transaction_us ?? 0)),
        keyOf: ({ kind, name }: HorizonHolder) => `${kind} ${name}`,
        sort: 'transactions',
        empty: 'Nobody: no transaction, slot or standby holds an old snapshot.',
      }),
    ]),
    h(
      Panel,
      {
        title: 'Tables',
        note: 'dead rows beyond the threshold of autovacuum, and those vacuumed or analyzed in the last hour',
      },
      h(Table<VacuumDebt>, {
        name: 'vacuum',
        caption: 'Tables that are behind',
        columns: VACUUM,
        rows: facts.vacuum,
        keyOf: ({ database, relation }: VacuumDebt) => `${database} ${relation}`,
        sort: 'dead rows',
        empty: 'No table is behind.',
      }),
    ),
    h(
      Panel,
      { title: 'The server', note },
      h(
        'dl',
        { class: 'facts' },
        factsOf(facts).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
      ),
    ),
  ]);
}

function factsOf(facts: CatalogFacts): [string, string][] {
  const { slots, standbys, archiver, checkpoints, settings, pending_restart: pending } = facts;
  const list = (parts: readonly string[]): string => parts.join('; ') || 'none';
  return [
    ['role', facts.role],
    ['started', momentText(facts.started)],
    ['settings read', momentText(facts.config_loaded)],
    [
      'standbys',
      list(standbys.map((one) => `${one.application}, ${one.sync_state}, ${bytesOf(one.replay_lag_bytes)} behind`)),
    ],
    [
      'replication slots',
      list(
        slots.map((one) => `${one.name}, ${one.active ? 'active' : 'inactive'}, keeps ${bytesOf(one.retained_bytes)}`),
      ),
    ],
    ['archiver', `${formatCount(archiver.archived)} files archived, ${formatCount(archiver.failed)} failures`],
    ['checkpoints', `${formatCount(checkpoints.timed)} by time, ${formatCount(checkpoints.requested)} requested`],
    ['wait for a restart', list(pending)],
    ['settings', list(Object.entries(settings).map(([name, value]) => `${name} = ${value || "''"}`))],
  ];
}

const bytesOf = (bytes: number | null): string => (bytes === null ? 'nothing' : formatBytes(Math.max(0, bytes)));
const momentOf = (at: string | null): string => (at === null ? 'never' : timeText(at));

const EVENTS: readonly Column<CatalogEvent>[] = [
  { title: 'at', value: ({ at }) => Date.parse(at), cell: ({ at }) => momentOf(at), text: ({ at }) => at },
  { title: 'kind', value: ({ kind }) => kind, cell: ({ kind }) => kind, kind: 'text' },
  { title: 'what', value: ({ what }) => what, cell: ({ what }) => what, kind: 'query' },
];

const CLUSTER: Column<CatalogEvent> = {
  title: 'cluster',
  value: ({ cluster }) => cluster,
  cell: ({ cluster }) => cluster,
  kind: 'text',
  wide: true,
};

const HORIZON: readonly Column<HorizonHolder>[] = [
  {
    title: 'transactions',
    means: 'begun since',
    value: ({ xmin_age }) => xmin_age,
    cell: ({ xmin_age }) => formatCount(xmin_age),
  },
  {
    title: 'for',
    means: 'how long its transaction lasts',
    value: ({ transaction_us }) => transaction_us ?? 0,
    cell: ({ transaction_us: us }) => (us === null ? '-' : formatMicroseconds(us)),
  },
  { title: 'who', value: ({ kind }) => kind, cell: ({ kind, name }) => `${kind} ${name}`, kind: 'text' },
  { title: 'state', value: ({ state }) => state ?? '', cell: ({ state }) => state ?? '-', kind: 'text' },
  {
    title: 'application',
    value: ({ application }) => application ?? '',
    cell: ({ application, user }) => application || user || '-',
    kind: 'text',
  },
  { title: 'database', value: ({ database }) => database ?? '', cell: ({ database }) => database ?? '-', kind: 'text' },
];

const VACUUM: readonly Column<VacuumDebt>[] = [
  { title: 'dead rows', value: (row) => row.dead_tuples, cell: (row) => formatCount(row.dead_tuples) },
  {
    title: 'of its threshold',
    means: 'dead rows from which on autovacuum should vacuum it',
    value: (row) => row.threshold,
    cell: (row) => formatCount(Math.round(row.threshold)),
  },
  { title: 'live rows', value: (row) => row.live_tuples, cell: (row) => formatCount(row.live_tuples), wide: true },
  { title: 'table', value: (row) => row.relation, cell: (row) => row.relation, kind: 'text' },
  { title: 'database', value: (row) => row.database, cell: (row) => row.database, kind: 'text' },
  {
    title: 'vacuumed',
    value: (row) => row.last_vacuum ?? '',
    cell: (row) => (row.phase === null ? momentOf(row.last_vacuum) : `now: ${row.phase}`),
    kind: 'text',
  },
  {
    title: 'analyzed',
    value: (row) => row.last_analyze ?? '',
    cell: (row) => momentOf(row.last_analyze),
    kind: 'text',
    wide: true,
  },
];
