/** Active sessions over time, split by a field: the chart that most views begin with. */
import { type ComponentChild, h } from 'preact';
import type { LoadAnswer } from '../../api/index.ts';
import { formatRate } from '../../base/units.ts';
import type { Params } from '../data/api.ts';
import { useRows } from '../data/rows.ts';
import { earlierParams, placeParams, useAnswer } from '../data/use-answer.ts';
import { filterBy } from '../frame/facets.ts';
import type { Facet } from '../state/place.ts';
import { store } from '../state/store.ts';
import { inOrder } from './classes.ts';
import { CoverageBadge } from './coverage.ts';
import { oneLine } from './sql.ts';
import { averageOf, type Series, StackChart } from './stack-chart.ts';

export interface LoadChartProps {
  readonly title: string;
  readonly by: Facet;
  readonly params?: Params;
  readonly height?: number;
  readonly showsCpus?: boolean;
  readonly children?: ComponentChild;
}

export function LoadChart({ title, by, params, height = 200, showsCpus, children }: LoadChartProps): ComponentChild {
  const { place, status } = store.state;
  const question = { ...params, by };
  const labelOf = useLabels(by);
  const { data, error } = useAnswer<LoadAnswer>('/api/load', { ...placeParams(place), ...question });
  const earlier = earlierParams(place);
  const before = useAnswer<LoadAnswer>(earlier && '/api/load', { ...earlier, ...question });
  if (error) return h('p', { class: 'alarm' }, `${title}: ${error}`);
  const series = data ? seriesOf(data, labelOf) : [];
  const total = sumOf(series);
  const cpus = showsCpus && status ? { value: status.cpus, text: `${status.cpus} CPUs` } : undefined;
  return h('section', { class: 'load-chart', 'aria-labelledby': `load-${by}` }, [
    h('div', { class: 'panel-head' }, [
      h('h2', { id: `load-${by}` }, data ? `${title}: ${formatRate(total)}${cpus ? ` on ${cpus.text}` : ''}` : title),
      data && h(CoverageBadge, { window: data }),
      before.data && earlier && h('span', { class: 'note' }, comparison(total, sumOf(seriesOf(before.data, labelOf)))),
      children,
    ]),
    data &&
      h(StackChart, {
        from: Date.parse(data.from),
        stepMs: data.step_us / 1000,
        series,
        limit: cpus,
        height,
        label: `${title} over time, ${formatRate(total)} on average`,
        onRange: (from: number, to: number) => store.go({ ...place, range: { kind: 'between', from, to } }),
        onPick: (key: string) => key !== OTHERS && filterBy(by, key),
      }),
    before.data &&
      earlier &&
      h('div', { class: 'earlier' }, [
        h('h3', {}, 'earlier'),
        h(StackChart, {
          from: Date.parse(before.data.from),
          stepMs: before.data.step_us / 1000,
          series: seriesOf(before.data, labelOf),
          limit: cpus,
          height: height * 0.7,
          label: `${title}, earlier window`,
          legend: false,
        }),
      ]),
  ]);
}

const OTHERS = 'all others';

/** Fingerprints say nothing to people. */
function useLabels(by: Facet): (key: string) => string {
  const { rows } = useRows('queries');
  if (by !== 'fingerprint') return (key) => key;
  const texts = new Map(rows.map(({ fingerprint, query }) => [fingerprint, query]));
  return (key) => oneLine(texts.get(key) ?? key, 60);
}

function seriesOf({ series }: LoadAnswer, labelOf: (key: string) => string): Series[] {
  const byKey = new Map(series.map(({ key, sessions }) => [key ?? OTHERS, sessions]));
  return inOrder(byKey.keys())
    .filter((key) => key !== OTHERS)
    .concat(byKey.has(OTHERS) ? [OTHERS] : [])
    .map((key) => ({ key, label: key === OTHERS ? key : labelOf(key), values: byKey.get(key)! }));
}

const sumOf = (series: readonly Series[]): number => series.reduce((sum, { values }) => sum + averageOf(values), 0);

function comparison(now: number, before: number): string {
  if (before === 0) return 'nothing was active, or observed, in the earlier window';
  const factor = now / before;
  return `earlier ${formatRate(before)}: now ${factor >= 1 ? `${formatRate(factor)} times as much` : `${formatRate(100 * (1 - factor))}% less`}`;
}
