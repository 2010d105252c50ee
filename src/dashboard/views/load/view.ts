/** View 1, database load: what the sessions do, what dominates in words, and the statements behind it. */
import { type ComponentChild, h } from 'preact';
import { withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { Findings } from '../../ui/findings.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { TopQueries } from '../../ui/top-queries.ts';

const SPLITS = [
  ['wait_event_type', 'what they do'],
  ['wait_event', 'wait event'],
  ['fingerprint', 'query'],
  ['database', 'database'],
  ['user', 'user'],
  ['application', 'application'],
  ['client', 'client'],
  ['cluster', 'cluster'],
  ['host', 'host'],
] as const;

/** More are in Top SQL. */
const MOST_STATEMENTS = 200;

/** A server that watches nothing itself shows many hosts: which one is busy comes first. */
const isFleet = (): boolean => store.state.status?.cpus === 0;

export function LoadView(): ComponentChild {
  const { place } = store.state;
  const by = SPLITS.find(([field]) => field === place.own.by)?.[0] ?? (isFleet() ? 'host' : 'wait_event_type');
  return h('div', {}, [
    h(Findings, {}),
    h(LoadChart, {
      title: 'Active sessions',
      by,
      height: 240,
      showsCpus: true,
      children: h('label', { class: 'note' }, [
        'split by ',
        h(
          'select',
          {
            value: by,
            onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
              store.go(withOwn(place, { by: currentTarget.value })),
          },
          SPLITS.map(([field, words]) => h('option', { key: field, value: field }, words)),
        ),
      ]),
    }),
    h(TopQueries, { title: 'Where the time goes', most: MOST_STATEMENTS }),
  ]);
}
