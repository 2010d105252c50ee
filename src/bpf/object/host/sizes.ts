/** Sizes for maps that leave theirs to the loader that was written with them. */
import { array, u64 } from '../../../base/record.ts';
import type { MapSpec, MapType } from '../../spec/index.ts';

const ENTRIES = 10240;
const RING_BYTES = 256 * 1024;
/** PERF_MAX_STACK_DEPTH. */
const FRAMES = 127;

/** Maps that have as many entries as their `max_entries` says. */
const COUNTED: readonly MapType[] = [
  'hash',
  'percpu_hash',
  'lru_hash',
  'lru_percpu_hash',
  'lpm_trie',
  'stack_trace',
  'queue',
  'stack',
  'bloom_filter',
];

/** What was not said and is taken; undefined where all is said. */
function assumed({ type, maxEntries, value }: MapSpec): Partial<MapSpec> | undefined {
  const most = type === 'ringbuf' ? RING_BYTES : COUNTED.includes(type) ? ENTRIES : 0;
  const entries = maxEntries === 0 && most > 0 ? { maxEntries: most } : {};
  const frames = type === 'stack_trace' && value === undefined ? { value: array(u64, FRAMES) } : {};
  const taken = { ...entries, ...frames };
  return Object.keys(taken).length === 0 ? undefined : taken;
}

/** The same map where nothing is missing. */
export function withSizes(map: MapSpec): MapSpec {
  const taken = assumed(map);
  return taken ? { ...map, ...taken } : map;
}

/** For people: what was taken, as its definition says nothing. */
export function assumption(map: MapSpec): string | undefined {
  const { maxEntries, value } = assumed(map) ?? {};
  const parts = [
    ...(maxEntries === undefined ? [] : [`${maxEntries} ${map.type === 'ringbuf' ? 'bytes' : 'entries'}`]),
    ...(value === undefined ? [] : [`${FRAMES} frames`]),
  ];
  return parts.length === 0
    ? undefined
    : `its definition leaves the size to its own loader: ${parts.join(' of ')} were taken`;
}
