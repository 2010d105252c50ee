/** What watching costs, what was lost, and what is watched: always on the screen. */
import { type ComponentChild, h } from 'preact';
import { formatBytes, formatCount, formatShare } from '../../base/units.ts';
import { movedTo } from '../state/place.ts';
import type { State } from '../state/store.ts';
import { PlaceLink } from './navigation.ts';

export function StatusBar({ status, place, permissions }: State): ComponentChild {
  if (!status) return h('footer', { class: 'status-bar' }, 'waiting for the agent …');
  const { cost, clusters, version, host } = status;
  const share = status.overhead ? status.overhead.cpu_share : cost.cpu / status.cpus;
  return h('footer', { class: 'status-bar' }, [
    h(PlaceLink, {
      to: movedTo(place, 'agent'),
      title: 'what watching costs',
      children: [`watching costs ${formatShare(share)} of this host's CPUs, ${formatBytes(cost.rss_bytes)}`],
    }),
    h(
      'span',
      {
        class: cost.dropped > 0 ? 'alarm' : 'quiet',
        'data-dropped': cost.dropped,
        title: 'since the agent began to watch; each table says what its own window lost',
      },
      cost.dropped > 0 ? `${formatCount(cost.dropped)} events lost` : 'no event lost',
    ),
    h(
      'span',
      { class: 'quiet clusters' },
      clusters.map(({ major, pgdata }) => `PostgreSQL ${major} in ${pgdata}`).join(', ') || 'no PostgreSQL runs',
    ),
    h(
      'span',
      { class: 'quiet end' },
      `${permissions?.role === 'viewer' ? 'viewer · ' : ''}${host} · pebble ${version}`,
    ),
  ]);
}
