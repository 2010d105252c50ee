/** View 10: background processes, each kind as a lane of its own: what it did and waited for. */
import { type ComponentChild, h } from 'preact';
import type { LoadAnswer, WaitRow } from '../../../api/index.ts';
import { formatRate } from '../../../base/units.ts';
import { useRows } from '../../data/rows.ts';
import { placeParams, useAnswer } from '../../data/use-answer.ts';
import { store } from '../../state/store.ts';
import { inOrder } from '../../ui/classes.ts';
import { Panel } from '../../ui/panel.ts';
import { averageOf, StackChart } from '../../ui/stack-chart.ts';
import { WaitTable } from '../../ui/wait-table.ts';

const SESSIONS = new Set(['client backend', 'parallel worker']);

export function BackgroundView(): ComponentChild {
  const waits = useRows('waits');
  const ofBackground = (row: WaitRow): boolean => !SESSIONS.has(row.backend_type);
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
    h(WaitTable, {
      title: 'Waits of background processes',
      waits,
      isWanted: ofBackground,
      showsProcess: true,
      name: 'background',
    }),
  ]);
}

/** Waiting for work to do. */
const IDLE = 'Activity';

function Lane({ kind }: { readonly kind: string }): ComponentChild {
  const { place } = store.state;
  const { data } = useAnswer<LoadAnswer>('/api/load', {
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
          label: `${kind}: ${formatRate(average)} at work on average`,
          legend: false,
          onRange: (from: number, to: number) => store.go({ ...place, range: { kind: 'between', from, to } }),
        })
      : h('p', { class: 'quiet' }, 'only idle'),
  ]);
}
