/** Paths of cgroups by their ids, in every mounted hierarchy. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { matcher } from '../lang/probes/wildcard.ts';

interface CgroupPath {
  /** Name of the mount point's directory; "unified" for version 2. */
  readonly hierarchy: string;
  readonly path: string;
}

/** Version 2 first, then version 1 by name; hierarchies that do not have the id are left out. */
export function cgroupPaths(id: bigint, filter: string): CgroupPath[] {
  const accepts = matcher(filter === '' ? '*' : filter);
  return roots()
    .filter(({ hierarchy }) => accepts(hierarchy))
    .flatMap(({ hierarchy, path: root }) => {
      const path = findDirectory(root, id);
      return path === undefined ? [] : [{ hierarchy, path: path === '' ? '/' : path }];
    });
}

function roots(): CgroupPath[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').matchAll(/^\S+ (\S+) (cgroup2?) /gm);
  const found = [...mounts].map(([, path, type]) => ({
    hierarchy: type === 'cgroup2' ? 'unified' : basename(path!),
    path: path!,
    version: type === 'cgroup2' ? 2 : 1,
  }));
  return found.sort((a, b) => b.version - a.version || (a.hierarchy < b.hierarchy ? -1 : 1));
}

/** A cgroup's id is the inode of its directory; the path comes without the root's. */
function findDirectory(root: string, id: bigint): string | undefined {
  const pending = [''];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    try {
      if (statSync(root + path, { bigint: true }).ino === id) return path;
      for (const entry of readdirSync(root + path, { withFileTypes: true })) {
        if (entry.isDirectory()) pending.push(`${path}/${entry.name}`);
      }
    } catch {
      // Cgroups come and go while we look.
    }
  }
  return undefined;
}

/** The id that programs see of a cgroup's directory. */
export function cgroupId(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
