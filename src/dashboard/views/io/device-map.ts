/** How long devices take over time: a heatmap of the latencies of their requests, of all or of one kind. */
import { type ComponentChild, h } from 'preact';
import type { HeatmapAnswer, IoDeviceRow, IoRow } from '../../../api/index.ts';
import { formatCount } from '../../../base/units.ts';
import type { Rows } from '../../data/rows.ts';
import { placeParams, useAnswer } from '../../data/use-answer.ts';
import { momentsOf, withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { Heatmap } from '../../ui/heatmap.ts';
import { Panel } from '../../ui/panel.ts';

interface DeviceMapProps {
  readonly devices: readonly IoDeviceRow[];
  readonly io: Rows<IoRow>;
}

export function DeviceMap({ devices, io }: DeviceMapProps): ComponentChild {
  const { place, status } = store.state;
  const kinds = [...new Set(devices.map(({ device, operation }) => `${device} ${operation}`))].sort();
  const chosen = kinds.find((kind) => kind === place.own.requests) ?? '';
  const [device, operation] = chosen.split(' ');
  const of = device && operation ? { device, operation } : {};
  const { data, error } = useAnswer<HeatmapAnswer>('/api/heatmap/io', { ...placeParams(place), ...of });
  const choice = h('label', {}, [
    'of ',
    h(
      'select',
      {
        value: chosen,
        onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
          store.go(withOwn(place, { requests: currentTarget.value })),
      },
      [
        h('option', { value: '' }, 'all requests'),
        ...kinds.map((kind) => h('option', { key: kind, value: kind }, kind)),
      ],
    ),
  ]);
  return h(
    Panel,
    { title: 'Latencies of devices', of: io, note: choice },
    error
      ? h('p', { class: 'alarm' }, error)
      : data && status && mapOf(data, momentsOf(place.range, Date.parse(status.at))),
  );
}

function mapOf(
  { columns }: HeatmapAnswer,
  { from, to }: { readonly from: number; readonly to: number },
): ComponentChild {
  const requests = columns.reduce((sum, { buckets }) => sum + buckets.reduce((all, { count }) => all + count, 0), 0);
  if (requests === 0) return h('p', { class: 'quiet' }, 'No request reached a device in this window.');
  return h(Heatmap, {
    from,
    to,
    columns: columns.map(({ at, step_us, buckets }) => ({ at: Date.parse(at), stepMs: step_us / 1000, buckets })),
    height: 150,
    unit: 'requests',
    label: `latencies of ${formatCount(requests)} requests to devices over time`,
  });
}
