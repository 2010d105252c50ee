/** How large a script's ring buffer is when the script does not say. */
import type { CollectionSpec } from '../bpf/spec/index.ts';
import { type CompiledScript, SYSTEM_MAPS } from '../lang/script.ts';

/**
 * The reader looks every millisecond while events come: this is 60 ms of a million small events a second.
 * Every page counts twice in our resident memory, because the data is mapped twice in a row.
 */
const DEFAULT_SIZE = 4 << 20;
/** For scripts that only begin and end: what they can say before anybody reads. */
const SMALL_SIZE = 1 << 20;

export function withSizedRing({ collection, config, probes }: CompiledScript): CollectionSpec {
  if (config.ringPages !== undefined) return collection;
  const size = probes.some(({ how }) => how === 'attach') ? DEFAULT_SIZE : SMALL_SIZE;
  const maps = collection.maps.map((map) => (map.name === SYSTEM_MAPS.events ? { ...map, maxEntries: size } : map));
  return { ...collection, maps };
}
