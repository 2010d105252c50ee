/** Active sessions over time, split by a field: the chart that most views begin with. */
import { type ComponentChild, h } from 'preact';
import { useMemo } from 'preact/hooks';
import type { LoadAnswer } from '../../api/index.ts';
import { formatLoad, formatRate } from '../../base/units.ts';
import type { Params } from '../data/api.ts';
import { useRows } from '../data/rows.ts';
import { earlierParams, placeParams, useAnswer } from '../data/use-answer.ts';
import { filterBy } from '../frame/facets.ts';
import type { Facet } from '../state/place.ts';
import { store } from '../state/store.ts';
import { inOrder, shadeOf } from './classes.ts';
import { CoverageBadge, watchedOf } from './coverage.ts';
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
  const typeOf = useTypes(by, params?.wait_event_type);
  const { data, error } = useAnswer<LoadAnswer>('/api/load', { ...placeParams(place), ...question });
  const earlier = earlierParams(place);
  const before = useAnswer<LoadAnswer>(earlier && '/api/load', { ...earlier, ...question });
  if (error) return h('p', { class: 'alarm' }, `${title}: ${error}`);
  const series = data ? seriesOf(data, labelOf, typeOf) : [];
  const past = earlier && before.data;
  const pastSeries = past ? seriesOf(past, labelOf, typeOf) : [];
  const isUnwatched = data?.series.every(({ sessions }) => sessions.every((value) => value === null)) ?? false;
  const total = sumOf(series);
  // A server of a fleet watches nothing itself.
  const cpus = showsCpus && status && status.cpus > 0 ? { value: status.cpus, text: `${status.cpus} CPUs` } : undefined;
  return h('section', { class: 'load-chart', 'aria-labelledby': `load-${by}` }, [
    h('div', { class: 'panel-head' }, [
      h(
        'h2',
        { id: `load-${by}` },
        data && !isUnwatched ? `${title}: ${formatLoad(total)}${cpus ? ` on ${cpus.text}` : ''}` : title,
      ),
      data && !isUnwatched && h(CoverageBadge, { window: data }),
      past && h('span', { class: 'note' }, [comparison(total, sumOf(pastSeries)), watchedPart(past)]),
      children,
    ]),
    data &&
      h(StackChart, {
        from: Date.parse(data.from),
        stepMs: data.step_us / 1000,
        series,
        besides: pastSeries,
        limit: cpus,
        height,
        label: `${title} over time, ${isUnwatched ? 'not watched' : `${formatLoad(total)} on average`}`,
        onRange: (from: number, to: number) => store.go({ ...place, range: { kind: 'between', from, to } }),
        onPick: (key: string) => key !== OTHERS && filterBy(by, key),
      }),
    past &&
      h('div', { class: 'earlier' }, [
        h('h3', {}, 'earlier'),
        h(StackChart, {
          from: Date.parse(past.from),
          stepMs: past.step_us / 1000,
          series: pastSeries,
          besides: series,
          limit: cpus,
          height,
          label: `${title}, earlier window`,
          legend: false,
        }),
      ]),
  ]);
}

const OTHERS = 'all others';

/** Fingerprints say nothing to people. */
function useLabels(by: Facet): (key: string) => string {
  const { rows } = useRows(by === 'fingerprint' ? 'queries' : undefined);
  const texts = useMemo(() => new Map(rows.map(({ fingerprint, query }) => [fingerprint, query])), [rows]);
  if (by !== 'fingerprint') return (key) => key;
  return (key) => oneLine(texts.get(key) ?? key, 60);
}

/** Of which type an event is: events of one type have shades of its colour. */
function useTypes(by: Facet, type: string | undefined): (key: string) => string | undefined {
  const isAsked = by === 'wait_event' && type === undefined;
  const { rows } = useRows(isAsked ? 'waits' : undefined);
  const types = useMemo(
    () => new Map(rows.map(({ wait_event, wait_event_type }) => [wait_event, wait_event_type])),
    [rows],
  );
  if (!isAsked) return () => (by === 'wait_event' ? type : undefined);
  return (key) => types.get(key);
}

/** One type beside the other, each with its events. */
function seriesOf(
  { series }: LoadAnswer,
  labelOf: (key: string) => string,
  typeOf: (key: string) => string | undefined,
): Series[] {
  const byKey = new Map(series.map(({ key, sessions }) => [key ?? OTHERS, sessions]));
  const kinds = inOrder([...byKey.keys()].map((key) => typeOf(key) ?? key));
  const placeOf = (key: string): number => (key === OTHERS ? kinds.length : kinds.indexOf(typeOf(key) ?? key));
  const colours = coloursOf(series, typeOf);
  return inOrder(byKey.keys())
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map((key) => ({
      key,
      colour: colours.get(key),
      label: key === OTHERS ? key : labelOf(key),
      values: byKey.get(key)!,
    }));
}

/** Series come the largest first, and the largest of a type has its very colour. */
function coloursOf(series: LoadAnswer['series'], typeOf: (key: string) => string | undefined): Map<string, string> {
  const ofType = new Map<string, number>();
  const colours = new Map<string, string>();
  for (const { key } of series) {
    const type = key === null ? undefined : typeOf(key);
    if (key === null || type === undefined) continue;
    const at = ofType.get(type) ?? 0;
    ofType.set(type, at + 1);
    colours.set(key, shadeOf(type, at));
  }
  return colours;
}

const sumOf = (series: readonly Series[]): number => series.reduce((sum, { values }) => sum + averageOf(values), 0);

function watchedPart({ series, step_us }: LoadAnswer): string {
  const steps = series[0]?.sessions ?? [];
  // The first may have begun before, and the last is not full.
  const seen = steps.filter((value) => value !== null).length;
  const watched =
    seen < steps.length - 2 ? watchedOf({ window_us: seen * step_us }, steps.length * step_us) : undefined;
  return watched === undefined ? '' : ` (${watched})`;
}

function comparison(now: number, before: number): string {
  if (before === 0) return 'nothing was active, or observed, in the earlier window';
  const factor = now / before;
  return `earlier ${formatRate(before)}: now ${factor >= 1 ? `${formatRate(factor)} times as much` : `${formatRate(100 * (1 - factor))}% less`}`;
}
