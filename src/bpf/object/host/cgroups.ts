/** The cgroups of this host, as directories of the second version's file system. */
import { readdirSync, readFileSync } from 'node:fs';

/** Undefined where it is not mounted. */
export function cgroupRoot(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
}

/** Paths from the root on, which is "/"; those that go meanwhile are left out. */
export function* cgroupPaths(root: string): Generator<string, void, undefined> {
  const pending = ['/'];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    yield path;
    for (const name of directoriesIn(root + path)) pending.push(`${path === '/' ? '' : path}/${name}`);
  }
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}
