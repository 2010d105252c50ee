/** Keeps what initdb made, and copies it for the next cluster: a tenth of a second in place of one. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { cacheDir } from './install.ts';
import type { Identity } from './user.ts';

const run = promisify(execFile);

/**
 * Gives `to` the files of a new cluster, by `initdb` where no cluster of these programs and this user has been made before.
 * All of them have one system identifier, as a primary and its standbys have.
 */
export async function newDataDirectory(
  { flavour, major, binDir }: Binaries,
  user: Identity,
  to: string,
  initdb: () => Promise<void>,
): Promise<void> {
  const built = Math.trunc(statSync(join(binDir, 'initdb')).mtimeMs);
  const kept = join(cacheDir('clusters'), `${flavour}-${major}-${built}-${user.uid}`);
  if (existsSync(kept)) return copy(kept, to);
  await initdb();
  await keep(to, kept).catch(() => undefined);
}

/** Copies beside the final place and renames: two processes may do so at once. Where we may not write, nothing is kept. */
async function keep(from: string, kept: string): Promise<void> {
  mkdirSync(cacheDir('clusters'), { recursive: true });
  const work = mkdtempSync(join(cacheDir('clusters'), 'new-'));
  try {
    await copy(from, join(work, 'data'));
    renameSync(join(work, 'data'), kept);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Owners stay. PostgreSQL refuses a directory that others can read, which a `chmod -R` of the checkout makes of what is kept. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', '--reflink=auto', from, to]);
  await chmod(to, 0o700);
}
