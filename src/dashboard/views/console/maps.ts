/** A script's maps as tables, and histograms as bars. */
import { type ComponentChild, h } from 'preact';
import type { TraceJson, TraceMapRows } from '../../../api/index.ts';
import { Bar } from '../../ui/bar.ts';
import { Panel } from '../../ui/panel.ts';
import { visible } from '../../ui/sql.ts';

export function Maps({ maps }: { readonly maps: readonly TraceMapRows[] }): ComponentChild {
  return h(
    Panel,
    { title: 'Maps' },
    maps.map(({ name, rows }) =>
      h('div', { key: name }, [
        h('h3', {}, name),
        rows.length === 0 ? h('p', { class: 'quiet' }, 'empty') : h(MapTable, { rows }),
      ]),
    ),
  );
}

const MOST_SHOWN = 50;

function MapTable({ rows }: Pick<TraceMapRows, 'rows'>): ComponentChild {
  const most = Math.max(0, ...rows.map(({ value }) => (typeof value === 'number' ? value : 0)));
  const sorted = rows.toSorted((a, b) => Number(b.value) - Number(a.value) || 0);
  return h(
    'table',
    {},
    h(
      'tbody',
      {},
      sorted
        .slice(0, MOST_SHOWN)
        .map(({ key, value }, at) =>
          h('tr', { key: at }, [
            h('td', { class: 'text' }, key === null ? '' : textOf(key)),
            isHistogram(value)
              ? h('td', { class: 'histogram', colSpan: 2 }, h(Histogram, { buckets: value }))
              : [
                  h('td', {}, textOf(value)),
                  h(
                    'td',
                    { class: 'bar' },
                    typeof value === 'number' && h(Bar, { parts: [{ key: 'CPU', value }], most }),
                  ),
                ],
          ]),
        ),
    ),
  );
}

interface Bucket {
  readonly from?: TraceJson;
  readonly below?: TraceJson;
  readonly count: TraceJson;
}

const isHistogram = (value: TraceJson): value is readonly (Bucket & { readonly [field: string]: TraceJson })[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof one === 'object' && one !== null && 'count' in one);

function Histogram({ buckets }: { readonly buckets: readonly Bucket[] }): ComponentChild {
  const most = Math.max(1, ...buckets.map(({ count }) => Number(count)));
  return h(
    'table',
    { class: 'histogram' },
    h(
      'tbody',
      {},
      buckets.map(({ from, below, count }, at) =>
        h('tr', { key: at }, [
          h('td', {}, `[${textOf(from ?? '…')}, ${textOf(below ?? '…')})`),
          h('td', {}, textOf(count)),
          h('td', { class: 'bar' }, h(Bar, { parts: [{ key: 'IO', value: Number(count) }], most })),
        ]),
      ),
    ),
  );
}

const textOf = (value: TraceJson): string =>
  typeof value === 'object' ? JSON.stringify(value) : visible(String(value));
