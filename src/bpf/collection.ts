/** Loads a CollectionSpec: its maps, programs and links, which live and die together. */
import { PebbleError } from '../base/errors.ts';
import { attach, type Link } from './links/index.ts';
import { createMap, KeyedMap, type MapHandle, type MapOf, MapOfMaps, ProgramArray } from './maps/index.ts';
import { loadProgram, type Program } from './programs/index.ts';
import type { CollectionSpec, LinkSpec, MapSpec, ProgramSpec } from './spec/index.ts';
import { closeFd } from './sys/index.ts';

export class Collection {
  readonly spec: CollectionSpec;
  readonly maps = new Map<string, MapHandle>();
  readonly programs = new Map<string, Program>();
  readonly links: Link[] = [];
  readonly #lent: ReadonlyMap<string, MapHandle>;

  constructor(spec: CollectionSpec, lent: ReadonlyMap<string, MapHandle> = new Map()) {
    this.spec = spec;
    this.#lent = lent;
  }

  /** The map of this spec (typed by it) or of this name. */
  map<const S extends MapSpec>(spec: S): MapOf<S>;
  map(name: string): MapHandle;
  map(which: MapSpec | string): MapHandle {
    return this.#named(this.maps, typeof which === 'string' ? which : which.name, 'map');
  }

  /** A map with keys, for those who know its shapes only at run time. */
  keyed(name: string): KeyedMap<unknown, unknown> {
    const map = this.map(name);
    if (map instanceof KeyedMap) return map;
    throw new PebbleError('internal', { what: `map "${name}" (${map.type}) has no keys to read` });
  }

  program(name: string): Program {
    return this.#named(this.programs, name, 'program');
  }

  /** Attaches one more program, or one of this collection once more. */
  async attach(link: LinkSpec): Promise<Link> {
    const attached = await attach(link, this.program(link.program));
    this.links.push(attached);
    return attached;
  }

  /** Attaches all links of the spec, in its order; on failure none of them stays. */
  async attachAll(): Promise<readonly Link[]> {
    const before = this.links.length;
    try {
      for (const link of this.spec.links) await this.attach(link);
      return this.links.slice(before);
    } catch (error) {
      for (const link of this.links.splice(before)) link.close();
      throw error;
    }
  }

  /** Detaches everything and lets go of programs and maps. */
  close(): void {
    for (const link of this.links.splice(0).reverse()) link.close();
    for (const program of this.programs.values()) program.close();
    for (const map of this.maps.values()) if (this.#lent.get(map.name) !== map) map.close();
  }

  /** The same, with the links detached side by side and without blocking this thread. */
  async closeAsync(): Promise<void> {
    await Promise.all(this.links.splice(0).map((link) => link.closeAsync()));
    this.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.closeAsync();
  }

  #named<T>(among: ReadonlyMap<string, T>, name: string, what: string): T {
    const found = among.get(name);
    if (found !== undefined) return found;
    throw new PebbleError('internal', { what: `the collection has no ${what} "${name}"` });
  }
}

export interface LoadOptions {
  /** Asked about a program that the kernel does not take: true goes on without it. */
  readonly goOnWithout?: (program: ProgramSpec, error: PebbleError) => boolean;
  /** Maps of another collection to be used instead of new ones of their names; they stay that collection's. */
  readonly lent?: ReadonlyMap<string, MapHandle>;
}

/** Creates the maps and loads the programs; nothing is attached yet. On failure nothing stays. */
export async function loadCollection(spec: CollectionSpec, options: LoadOptions = {}): Promise<Collection> {
  const collection = new Collection(spec, options.lent);
  const btf = spec.btf && (await import('./collection-btf.ts')).loadBtf(spec.btf);
  try {
    for (const map of spec.maps) collection.maps.set(map.name, options.lent?.get(map.name) ?? createMap(map, btf));
    for (const program of spec.programs) {
      const loaded = await loadUnlessRefused(program, collection, btf, options);
      if (loaded) collection.programs.set(program.name, loaded);
    }
    for (const map of spec.maps) fillSlots(map, collection);
    return collection;
  } catch (error) {
    collection.close();
    throw error;
  } finally {
    // Maps and programs hold it from here on.
    if (btf !== undefined) closeFd(btf);
  }
}

async function loadUnlessRefused(
  program: ProgramSpec,
  collection: Collection,
  btf: number | undefined,
  { goOnWithout }: LoadOptions,
): Promise<Program | undefined> {
  try {
    return await loadProgram(program, collection.maps, btf);
  } catch (error) {
    if (error instanceof PebbleError && goOnWithout?.(program, error)) return undefined;
    throw error;
  }
}

/** Maps of maps and of programs name what is in them: all of it exists now. */
function fillSlots(spec: MapSpec, collection: Collection): void {
  const map = collection.map(spec.name);
  for (const [index, name] of spec.slots ?? []) {
    if (map instanceof MapOfMaps) map.set(index, collection.map(name));
    else if (map instanceof ProgramArray) {
      // One that was gone on without leaves its slot empty.
      const program = collection.programs.get(name);
      if (program) map.set(index, program);
    } else
      throw new PebbleError('internal', { what: `map "${spec.name}" (${map.type}) holds neither maps nor programs` });
  }
}
