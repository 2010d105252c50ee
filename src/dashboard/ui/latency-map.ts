/** The heatmap of latencies for the range and the facets of the page. */
import { type ComponentChild, h } from 'preact';
import type { HeatmapAnswer } from '../../api/index.ts';
import { placeParams, useAnswer } from '../data/use-answer.ts';
import { momentsOf, type Place, withOwn } from '../state/place.ts';
import { store } from '../state/store.ts';
import { type HeatBox, Heatmap } from './heatmap.ts';

export function LatencyMap({ height }: { readonly height: number }): ComponentChild {
  const { place, status } = store.state;
  const { data, error } = useAnswer<HeatmapAnswer>('/api/heatmap', placeParams(place));
  if (error) return h('p', { class: 'alarm' }, error);
  if (!data || !status) return h('p', { class: 'quiet' }, 'asking …');
  const { from, to } = momentsOf(place.range, Date.parse(status.at));
  const columns = data.columns.map(({ at, step_us, buckets }) => ({
    at: Date.parse(at),
    stepMs: step_us / 1000,
    buckets,
  }));
  const requests = columns.reduce((sum, { buckets }) => sum + buckets.reduce((all, { count }) => all + count, 0), 0);
  if (requests === 0)
    return h('p', { class: 'quiet' }, 'No request was seen from its beginning to its end in this window.');
  return h(Heatmap, {
    from,
    to,
    columns,
    height,
    unit: 'requests',
    label: `latencies of ${requests} requests over time`,
    selected: boxOf(place),
    onBox: (box: HeatBox) => store.go(withOwn(place, { box: textOf(box) })),
  });
}

/** In the address: `box=FROM,TO,FROM_US,TO_US`. */
const textOf = ({ from, to, fromUs, toUs }: HeatBox): string => [from, to, fromUs, toUs].map(Math.round).join(',');

export function boxOf({ own }: Place): HeatBox | undefined {
  const [from, to, fromUs, toUs] = (own.box ?? '').split(',').map(Number);
  return from !== undefined && to !== undefined && toUs !== undefined && fromUs !== undefined
    ? { from, to, fromUs, toUs }
    : undefined;
}
