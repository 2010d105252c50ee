/** The heatmap of latencies for the range and the facets of the page. */
import { type ComponentChild, h } from 'preact';
import { type Place, withOwn } from '../state/place.ts';
import { store } from '../state/store.ts';
import type { HeatBox } from './heatmap.ts';
import { HeatmapPair } from './heatmap-pair.ts';

export function LatencyMap({ height }: { readonly height: number }): ComponentChild {
  const { place } = store.state;
  return h(HeatmapPair, {
    path: '/api/heatmap',
    height,
    of: 'requests',
    empty: 'No request was seen from its beginning to its end in this window.',
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
