/** Files that Pebble's commands make on a host, besides those of its package. */
import { existsSync, globSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { loadConfiguration } from '../../agent/index.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface OwnFile {
  readonly path: string;
  readonly what: 'history' | 'settings' | 'cache' | 'run-time files' | 'extension';
}

/** Only what is there. The extension's files are PostgreSQL's to use: where databases have it, it must be dropped first. */
export function findFiles(): OwnFile[] {
  const { store } = loadConfiguration(undefined, {});
  const history = /^sqlite:(.*)$/.exec(store)?.[1];
  const files: OwnFile[] = [
    ...(history === undefined
      ? []
      : ['', '-wal', '-shm', '-lock'].map((end) => ({ path: history + end, what: 'history' as const }))),
    { path: '/var/lib/pebble', what: 'history' },
    { path: '/etc/pebble', what: 'settings' },
    { path: '/run/pebble', what: 'run-time files' },
    { path: '/var/cache/pebble', what: 'cache' },
    { path: `${process.env.XDG_CACHE_HOME ?? `${homedir()}/.cache`}/pebble`, what: 'cache' },
    ...globSync(['/usr/share/postgresql/*/extension/pebble*', '/usr/pgsql-*/share/extension/pebble*']).map((path) => ({
      path,
      what: 'extension' as const,
    })),
  ];
  return files.filter(({ path }) => existsSync(path));
}

export function removeFile({ path }: OwnFile): void {
  rmSync(path, { recursive: true, force: true });
}

/** Who removes the program itself. */
export function removalOfProgram(): string {
  if (import.meta.dirname.startsWith('/usr/lib/pebble/')) return 'apt purge pgpebble';
  if (import.meta.dirname.includes('/node_modules/pgpebble/')) return 'npm uninstall pgpebble';
  return `rm -r ${isSea() ? process.execPath : ROOT}`;
}
