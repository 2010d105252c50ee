/** Maps whose values are kernel objects: other maps, or programs to jump to. */
import { u32 } from '../../base/record.ts';
import { type Codec, codecOf } from './codec.ts';
import { MapHandle, type MapParts } from './handle.ts';
import { KeyedMap } from './keyed.ts';

/** `array_of_maps`, `hash_of_maps`: written with a map, read as its id. */
export class MapOfMaps<K> extends MapHandle {
  readonly #map: KeyedMap<K, number>;

  constructor(parts: MapParts, key: Codec<K>) {
    super(parts);
    this.#map = new KeyedMap(parts, key, codecOf(u32));
  }

  set(key: K, inner: MapHandle): void {
    this.#map.set(key, inner.fd);
  }

  /** Id of the map there. */
  idAt(key: K): number | undefined {
    return this.#map.get(key);
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }
}

/** `prog_array`: targets of bpf_tail_call. */
export class ProgramArray extends MapHandle {
  readonly #map: KeyedMap<number, number>;

  constructor(parts: MapParts) {
    super(parts);
    this.#map = new KeyedMap(parts, codecOf(u32), codecOf(u32));
  }

  set(index: number, program: { readonly fd: number }): void {
    this.#map.set(index, program.fd);
  }

  delete(index: number): boolean {
    return this.#map.delete(index);
  }
}
