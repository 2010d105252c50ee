/** The library of a procedural language that a server loads when it is first used. */
import { dirname, join } from 'node:path';
import { readRegular } from '../../base/foreign-file.ts';
import { Elf } from '../../bpf/elf/index.ts';
import type { DiscoveredCluster } from './discover.ts';
import { readLink } from './proc.ts';

/** From the directory of the server's program (pg_config --pkglibdir): Debian and PGDG, installed from source, Fedora. */
const LIBRARIES = ['../lib', '../lib/postgresql', '../lib64/pgsql'];

/** Undefined where it is not found. */
export function openLanguage(cluster: DiscoveredCluster, name: string): Elf | undefined {
  const program = readLink(cluster.exePath)?.replace(/ \(deleted\)$/, '');
  if (program === undefined) return undefined;
  for (const library of LIBRARIES) {
    // Through the server's own root: it may be in a container.
    const path = join(`/proc/${cluster.pid}/root`, dirname(program), library, `${name}.so`);
    const bytes = readRegular(path);
    try {
      if (bytes !== undefined) return Elf.parse(bytes, path);
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}
