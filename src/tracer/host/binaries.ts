/** Which files a probe means by a binary's name: paths, programs on $PATH, libraries, patterns, what processes map. */
import {
  accessSync,
  closeSync,
  constants,
  globSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { readMaps } from '../../bpf/symbols/index.ts';
import { findLibrary } from './libraries.ts';

/** In the order of preference; one name without a pattern may still be found in several folders. */
export function findBinaries(name: string, pid?: number): string[] {
  if (name === '*') return pid === undefined ? allMapped() : mappedBy(pid);
  const library = /^lib[^/*?]*$/.test(name) ? findLibrary(name) : undefined;
  if (library) return [inNamespace(library, pid)];
  const folders = name.includes('/') ? [] : searchPath(pid);
  const candidates = [name, ...folders.map((folder) => `${folder}/${name}`)].map((path) => inNamespace(path, pid));
  const found = /[*?[]/.test(name) ? candidates.flatMap(matchingFiles) : candidates;
  return [...new Set(found)].filter(isElf);
}

/** As the pattern is written: what starts with ./ in it does so in what it matches. */
function matchingFiles(pattern: string): string[] {
  const found = globSync(pattern).sort();
  return pattern.startsWith('./') ? found.map((path) => (path.startsWith('./') ? path : `./${path}`)) : found;
}

/** The processes' view of the file system where it is not ours (containers). */
function inNamespace(path: string, pid: number | undefined): string {
  if (pid === undefined || !hasOwnMounts(pid) || path.startsWith(`/proc/${pid}/root`)) return path;
  return `/proc/${pid}/root/${path.replace(/^\//, '')}`;
}

function hasOwnMounts(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}

function searchPath(pid: number | undefined): string[] {
  let path = process.env.PATH ?? '';
  if (pid !== undefined && hasOwnMounts(pid)) {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    path = environment.find((line) => line.startsWith('PATH='))?.slice(5) ?? '';
  }
  return path.split(':').filter(Boolean);
}

/** Executables must be so marked; shared objects need not be. */
function isElf(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false;
    const header = readHeader(path);
    if (header.toString('latin1', 0, 4) !== '\x7fELF') return false;
    if (header.readUInt16LE(16) === ET_EXEC) accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** e_type of a program that is loaded at a fixed address. */
const ET_EXEC = 2;

function readHeader(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(20);
    readSync(fd, bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/** Files with code that the process has mapped, its program first. */
export function mappedBy(pid: number): string[] {
  const root = hasOwnMounts(pid) ? `/proc/${pid}/root` : '';
  const paths = readMaps(pid)
    .filter(({ inode, deleted, executable }) => inode !== 0 && !deleted && executable)
    .map(({ path }) => root + path);
  return [...new Set(paths)].filter(isElf);
}

function allMapped(): string[] {
  const paths = new Set<string>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const path of mappedBy(Number(entry))) paths.add(path);
    } catch {
      // It has ended.
    }
  }
  return [...paths];
}
