/** Debian packages of any suite and architecture, found, downloaded and unpacked beside this machine's own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PebbleError } from '../../src/base/errors.ts';
import { cacheDirectory } from './cache.ts';
import { type Arch, SUITES } from './kernels.ts';

const MIRROR = 'http://deb.debian.org/debian';
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';
const LISTS_LAST_MS = 7 * 24 * 3600 * 1000;

/** apt with sources, lists and state of its own: nothing of the machine's is read or changed but its proxy settings. */
function apt(command: 'apt-get' | 'apt-cache', args: readonly string[], cwd?: string): string {
  const root = cacheDirectory('apt');
  const options = [
    `Dir::Etc::sourcelist=${join(root, 'sources.list')}`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    `Dir::State=${cacheDirectory('apt', 'state')}`,
    `Dir::State::status=${join(root, 'status')}`,
    `Dir::Cache=${cacheDirectory('apt', 'cache')}`,
    // Docker's images switch these off, and every question would take seconds.
    'Dir::Cache::pkgcache=pkgcache.bin',
    'Dir::Cache::srcpkgcache=srcpkgcache.bin',
    'APT::Architectures::=amd64',
    'APT::Architectures::=arm64',
    'APT::Sandbox::User=root',
  ];
  const flags = options.flatMap((option) => ['-o', option]);
  const maxBuffer = 64 * 1024 * 1024;
  return execFileSync(command, [...flags, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd,
    maxBuffer,
  });
}

/** Fetches the lists of packages when there are none, or old ones. */
export function updateLists(): void {
  const stamp = join(cacheDirectory('apt'), 'updated');
  if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < LISTS_LAST_MS) return;
  if (!existsSync(KEYS)) {
    throw new PebbleError('unsupported', {
      doing: 'fetching kernels',
      what: `${KEYS} is missing`,
      hint: 'this needs a Debian (or its apt, dpkg and debian-archive-keyring)',
    });
  }
  const lines = SUITES.map(
    ({ name, arches }) => `deb [arch=${arches.join(',')} signed-by=${KEYS}] ${MIRROR} ${name} main\n`,
  );
  writeFileSync(join(cacheDirectory('apt'), 'sources.list'), lines.join(''));
  writeFileSync(join(cacheDirectory('apt'), 'status'), '');
  apt('apt-get', ['update', '-qq']);
  writeFileSync(stamp, '');
}

/** The package with the newest kernel whose version starts so. Since Linux 7.3 the image is in a package "binary". */
export function kernelPackage(arch: Arch, version = ''): string {
  const names = apt('apt-cache', ['search', '--names-only', `^linux-(image|binary)-[0-9][^ ]*-cloud-${arch}$`])
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => versionOf(name).startsWith(version));
  const newest = names.map(versionOf).sort(compareVersions).at(-1);
  const found = names.filter((name) => versionOf(name) === newest).sort()[0];
  if (found !== undefined) return found;
  throw new PebbleError('no-target', {
    doing: `looking for a kernel ${version}* for ${arch}`,
    what: 'none of the suites has it',
    hint: 'see SUITES in test/kernels/kernels.ts',
  });
}

export function versionOf(packageName: string): string {
  return /^linux-\w+-(\d.*)-cloud-\w+$/.exec(packageName)?.[1] ?? '';
}

/** By their numbers, from the left. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const difference = (left![i] ?? -1) - (right![i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Directories with the files of the packages (apt's syntax: name:arch/suite), downloaded at first use. */
export function unpacked(packages: readonly string[]): string[] {
  const debs = cacheDirectory('debs');
  const files = apt('apt-get', ['download', '--print-uris', '-qq', ...packages])
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ')[1]!);
  if (files.some((file) => !existsSync(join(debs, file)))) apt('apt-get', ['download', '-qq', ...packages], debs);
  return files.map((file) => unpackOne(join(debs, file), file.replace(/\.deb$/, '')));
}

function unpackOne(deb: string, name: string): string {
  const target = join(cacheDirectory('unpacked'), name);
  if (existsSync(target)) return target;
  const unfinished = `${target}.${process.pid}`;
  mkdirSync(unfinished);
  try {
    execFileSync('dpkg-deb', ['-x', deb, unfinished]);
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return target;
}
