/** How long devices take over time: a heatmap of the latencies of their requests, of all or of one kind. */
import { type ComponentChild, h } from 'preact';
import type { IoDeviceRow, IoRow } from '../../../api/index.ts';
import type { Params } from '../../data/api.ts';
import type { Rows } from '../../data/rows.ts';
import { withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { HeatmapPair } from '../../ui/heatmap-pair.ts';
import { Panel } from '../../ui/panel.ts';

interface DeviceMapProps {
  readonly devices: readonly IoDeviceRow[];
  readonly io: Rows<IoRow>;
}

export function DeviceMap({ devices, io }: DeviceMapProps): ComponentChild {
  const { place } = store.state;
  const kinds = [...new Set(devices.map(({ device, operation }) => `${device} ${operation}`))].sort();
  const chosen = kinds.find((kind) => kind === place.own.requests) ?? '';
  const [device, operation] = chosen.split(' ');
  const of: Params = device && operation ? { device, operation } : {};
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
    h(HeatmapPair, {
      path: '/api/heatmap/io',
      params: of,
      height: 150,
      of: 'requests to devices',
      empty: 'No request reached a device in this window.',
    }),
  );
}
