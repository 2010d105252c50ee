/** View: all hosts and clusters side by side, those with the most load first. */
import { type ComponentChild, h } from 'preact';
import type { LoadAnswer } from '../../../api/index.ts';
import { formatRate } from '../../../base/units.ts';
import { placeParams, useAnswer } from '../../data/use-answer.ts';
import { movedTo, withFacet } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { Sparkline } from '../../ui/bar.ts';
import { Panel } from '../../ui/panel.ts';
import { averageOf } from '../../ui/stack-chart.ts';
import { type Column, Table } from '../../ui/table.ts';

interface Member {
  readonly cluster: string;
  readonly major: number | undefined;
  readonly sessions: readonly (number | null)[];
  readonly waits: number;
}

export function FleetView(): ComponentChild {
  const { place, status } = store.state;
  const params = { ...placeParams(place), by: 'cluster', points: '60', top: '1000' };
  const all = useAnswer<LoadAnswer>('/api/load', params);
  const locks = useAnswer<LoadAnswer>('/api/load', { ...params, wait_event_type: 'Lock' });
  if (!all.data || !status) return h('p', { class: all.error ? 'alarm' : 'quiet' }, all.error ?? 'asking …');
  const lockOf = (cluster: string): number =>
    averageOf(locks.data?.series.find(({ key }) => key === cluster)?.sessions ?? []);
  const active = new Map(all.data.series.map(({ key, sessions }) => [key ?? '', sessions]));
  const names = new Set([
    ...status.clusters.map(({ pgdata }) => pgdata),
    ...[...active.keys()].filter((key) => key !== ''),
  ]);
  const members = [...names].map((cluster) => ({
    cluster,
    major: status.clusters.find(({ pgdata }) => pgdata === cluster)?.major,
    sessions: active.get(cluster) ?? [],
    waits: lockOf(cluster),
  }));
  return h(
    Panel,
    { title: 'Clusters', note: `host ${status.host}` },
    h(Table<Member>, {
      name: 'fleet',
      caption: 'Clusters',
      columns: COLUMNS,
      rows: members,
      keyOf: ({ cluster }: Member) => cluster,
      sort: 'active',
      onOpen: ({ cluster }: Member) => store.go(movedTo(withFacet(place, 'cluster', cluster), 'load')),
      empty: 'No cluster was seen in this window.',
    }),
  );
}

const COLUMNS: readonly Column<Member>[] = [
  {
    title: 'active',
    means: 'sessions, on average',
    value: ({ sessions }) => averageOf(sessions),
    cell: ({ sessions }) => formatRate(averageOf(sessions)),
  },
  {
    title: 'trend',
    value: ({ sessions }) => averageOf(sessions),
    cell: ({ sessions }) => h(Sparkline, { values: sessions }),
    kind: 'bar',
    text: () => '',
  },
  { title: 'wait for locks', value: ({ waits }) => waits, cell: ({ waits }) => formatRate(waits) },
  { title: 'PostgreSQL', value: ({ major }) => major ?? null, cell: ({ major }) => major ?? 'not running' },
  { title: 'cluster', value: ({ cluster }) => cluster, cell: ({ cluster }) => cluster, kind: 'query' },
];
