/** Finds the files with a build id among those that processes run: where a path says little (containers, upgrades). */
import { readdirSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { buildId } from '../elf/index.ts';
import { mappedFileKey, openMapped } from './mapped-file.ts';
import { type Mapping, readMaps } from './maps.ts';

export interface RunningFile {
  /** Opens it from here, also where it is in another mount namespace or deleted; as long as the process lives. */
  readonly path: string;
  /** Processes that have it mapped. */
  readonly pids: readonly number[];
}

/** In hexadecimal, as `file` and `readelf -n` print it. */
export function filesWithBuildId(id: string): RunningFile[] {
  const wanted = id.toLowerCase();
  const files = new Map<string, { readonly path: string | undefined; readonly pids: number[] }>();
  for (const { pid, mapping, key } of executableMappings()) {
    let file = files.get(key);
    if (file === undefined) {
      file = { path: pathIfBuilt(pid, mapping, wanted), pids: [] };
      files.set(key, file);
    }
    if (!file.pids.includes(pid)) file.pids.push(pid);
  }
  return [...files.values()].flatMap(({ path, pids }) => (path === undefined ? [] : [{ path, pids }]));
}

function* executableMappings(): Generator<{ pid: number; mapping: Mapping; key: string }> {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const mapping of mapsOf(Number(name))) {
      const key = mapping.executable ? mappedFileKey(mapping) : undefined;
      if (key !== undefined && mapping.path.startsWith('/')) yield { pid: Number(name), mapping, key };
    }
  }
}

/** None of a process that has ended, or is not ours to look at. */
function mapsOf(pid: number): Mapping[] {
  return unless(() => readMaps(pid)) ?? [];
}

function pathIfBuilt(pid: number, mapping: Mapping, wanted: string): string | undefined {
  return unless(() => {
    const elf = openMapped(pid, mapping);
    try {
      return buildId(elf) === wanted ? elf.name : undefined;
    } finally {
      elf.close();
    }
  });
}

function unless<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PebbleError || typeof (error as NodeJS.ErrnoException).code === 'string') return undefined;
    throw error;
  }
}
