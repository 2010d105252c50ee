/** View: all hosts and clusters side by side, those with the most load first, each a way to its own pages. */
import { type ComponentChild, h } from 'preact';
import type { FleetAnswer, FleetMember } from '../../../api/index.ts';
import { formatLoad, formatShare } from '../../../base/units.ts';
import type { Earlier } from '../../data/rows.ts';
import { earlierParams, placeParams, useAnswer } from '../../data/use-answer.ts';
import { movedTo, withFacet } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { Bar, type Part, Sparkline } from '../../ui/bar.ts';
import { inOrder } from '../../ui/classes.ts';
import { Panel } from '../../ui/panel.ts';
import { type Column, Table } from '../../ui/table.ts';

/** Clusters that are watched and did nothing are members, too. */
export function FleetView(): ComponentChild {
  const { place, status } = store.state;
  const { data, error } = useAnswer<FleetAnswer>('/api/fleet', placeParams(place));
  const before = earlierParams(place);
  const { data: dataBefore } = useAnswer<FleetAnswer>(before && '/api/fleet', before);
  if (!data || !status) return h('p', { class: error ? 'alarm' : 'quiet' }, error ?? 'asking …');
  const isHere = ({ host, cluster }: FleetMember, pgdata: string): boolean =>
    host === status.host && cluster === pgdata;
  const idle = status.clusters
    .filter(({ pgdata }) => !data.members.some((member) => isHere(member, pgdata)))
    .map(({ pgdata }): FleetMember => ({ ...NOTHING, host: status.host, cluster: pgdata }));
  const members = [...data.members, ...idle];
  const hosts = new Set(members.map(({ host }) => host)).size;
  const majors = new Map(status.clusters.map(({ pgdata, major }) => [`${status.host} ${pgdata}`, major]));
  return h(
    Panel,
    {
      title: 'Clusters',
      note: `${members.length} ${members.length === 1 ? 'cluster' : 'clusters'} on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}; a click goes to its pages`,
    },
    h(Table<FleetMember>, {
      name: 'fleet',
      caption: 'Clusters',
      columns: columnsOf(Math.max(0, ...members.map(activeOf)), majors),
      rows: members,
      earlier: before && asEarlier(dataBefore),
      keyOf: ({ host, cluster }: FleetMember) => `${host} ${cluster}`,
      sort: 'active',
      data: ({ host, cluster }: FleetMember) => ({ host, cluster }),
      onOpen: ({ host, cluster }: FleetMember) =>
        store.go(movedTo(withFacet(withFacet(place, 'host', host), 'cluster', cluster), 'load')),
      empty: 'No cluster was watched in this window.',
    }),
  );
}

function asEarlier(answer: FleetAnswer | undefined): Earlier<FleetMember> {
  if (!answer) return { rows: [], isLoading: true };
  return { rows: answer.members, ...(answer.members.length === 0 && { missing: 'No cluster was watched then.' }) };
}

const NOTHING = { sessions: [], classes: {}, observed_us: 0 };

const activeOf = ({ classes }: FleetMember): number => Object.values(classes).reduce((sum, value) => sum + value, 0);
const partsOf = ({ classes }: FleetMember): Part[] =>
  inOrder(Object.keys(classes)).map((key) => ({ key, value: classes[key]! }));

/** What most of its time is, where that is no work. */
function troubleOf(member: FleetMember): string {
  const active = activeOf(member);
  const [worst] = Object.entries(member.classes).sort(([, a], [, b]) => b - a);
  if (!worst || active < 0.005) return member.observed_us === 0 ? 'nothing seen' : 'idle';
  return `${formatShare(worst[1] / active)} ${worst[0]}`;
}

function columnsOf(most: number, majors: ReadonlyMap<string, number>): readonly Column<FleetMember>[] {
  const lockOf = ({ classes }: FleetMember): number => classes.Lock ?? 0;
  const majorOf = ({ host, cluster }: FleetMember): number | null => majors.get(`${host} ${cluster}`) ?? null;
  return [
    {
      title: 'active',
      means: 'sessions, on average',
      value: activeOf,
      cell: (row) => formatLoad(activeOf(row)),
      change: formatLoad,
    },
    {
      title: 'what they do',
      means: 'full length is the busiest cluster',
      value: activeOf,
      cell: (row) => h(Bar, { parts: partsOf(row), most }),
      text: (row) =>
        partsOf(row)
          .map(({ key, value }) => `${key} ${formatLoad(value)}`)
          .join(', '),
      kind: 'bar',
    },
    { title: 'most of it', value: troubleOf, cell: troubleOf, kind: 'text' },
    { title: 'wait for locks', value: lockOf, cell: (row) => formatLoad(lockOf(row)), wide: true },
    {
      title: 'trend',
      value: activeOf,
      cell: ({ sessions }) => h(Sparkline, { values: sessions }),
      kind: 'bar',
      text: () => '',
      wide: true,
    },
    { title: 'host', value: ({ host }) => host, cell: ({ host }) => host, kind: 'text' },
    {
      title: 'PostgreSQL',
      value: majorOf,
      cell: (row) => majorOf(row) ?? h('span', { title: 'the version is known of what this agent watches' }, '-'),
      wide: true,
    },
    { title: 'cluster', value: ({ cluster }) => cluster, cell: ({ cluster }) => cluster, kind: 'query' },
  ];
}
