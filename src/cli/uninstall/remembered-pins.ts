/** Pins outlive the process that makes them: their paths are written down, so that `pebble uninstall` finds them again. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { listPins } from '../../bpf/inventory/index.ts';
import type { LoadedObject } from '../../bpf/object/host/index.ts';

/** Gone after a restart of the host, like the pins. */
const FOLDER = '/run/pebble';
const FILE = `${FOLDER}/pins`;

/** Writes down what loading an object pins; a map that was pinned before is somebody else's. */
export async function rememberPins(load: () => Promise<LoadedObject>): Promise<LoadedObject> {
  const before = new Set(listPins().map(({ path }) => path));
  const loaded = await load();
  const pins = loaded.collection.spec.maps.flatMap(({ pin }) => pin ?? []).filter((path) => !before.has(path));
  if (pins.length === 0) return loaded;
  mkdirSync(FOLDER, { recursive: true });
  appendFileSync(FILE, pins.map((path) => `${path}\n`).join(''));
  return loaded;
}

export function rememberedPins(): string[] {
  try {
    return readFileSync(FILE, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
