/** Latencies over time as the agent tells them, and below them those of the earlier window while the reader compares. */
import { type ComponentChild, h } from 'preact';
import type { HeatmapAnswer } from '../../api/index.ts';
import { formatCount } from '../../base/units.ts';
import type { Params } from '../data/api.ts';
import { earlierParams, placeParams, useAnswer } from '../data/use-answer.ts';
import { comparedRange, momentsOf } from '../state/place.ts';
import { store } from '../state/store.ts';
import { Heatmap, type HeatmapProps } from './heatmap.ts';

interface HeatmapPairProps extends Pick<HeatmapProps, 'height' | 'onBox' | 'selected'> {
  readonly path: string;
  readonly params?: Params;
  /** Of which requests. */
  readonly of: string;
  /** What is said where there are none. */
  readonly empty: string;
}

export function HeatmapPair({ path, params, of, empty, ...props }: HeatmapPairProps): ComponentChild {
  const { place, status } = store.state;
  const { data, error } = useAnswer<HeatmapAnswer>(path, { ...placeParams(place), ...params });
  const earlier = earlierParams(place);
  const before = useAnswer<HeatmapAnswer>(earlier && path, { ...earlier, ...params });
  if (error) return h('p', { class: 'alarm' }, error);
  if (!data || !status) return h('p', { class: 'quiet' }, 'asking …');
  const now = Date.parse(status.at);
  const range = comparedRange(place, now);
  const { requests, columns } = drawn(data);
  const past = before.data && drawn(before.data);
  const scaledFor = past && [...columns, ...past.columns];
  return h('div', {}, [
    requests === 0
      ? h('p', { class: 'quiet' }, empty)
      : h(Heatmap, {
          ...momentsOf(place.range, now),
          ...props,
          columns,
          scaledFor,
          label: `latencies of ${formatCount(requests)} ${of} over time`,
        }),
    range &&
      past &&
      h('div', { class: 'earlier' }, [
        h('h3', {}, 'earlier'),
        past.requests === 0
          ? h('p', { class: 'quiet' }, 'Nothing was watched then, or there was none.')
          : h(Heatmap, {
              ...momentsOf(range, now),
              height: props.height * 0.7,
              columns: past.columns,
              scaledFor,
              label: `latencies of ${formatCount(past.requests)} ${of}, earlier window`,
            }),
      ]),
  ]);
}

function drawn({ columns }: HeatmapAnswer) {
  return {
    columns: columns.map(({ at, step_us, buckets }) => ({ at: Date.parse(at), stepMs: step_us / 1000, buckets })),
    requests: columns.reduce((sum, { buckets }) => sum + buckets.reduce((all, { count }) => all + count, 0), 0),
  };
}
