/** Where the dynamic linker finds a library: /etc/ld.so.cache, then the usual folders. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { textAt } from '../../base/bytes.ts';

const CACHE = '/etc/ld.so.cache';
/** struct cache_file_new (glibc, sysdeps/generic/dl-cache.h): magic:20 · count:4 · … 48 bytes in all, then the entries. */
const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER = 48;
/** struct file_entry_new: flags:4 · key:4 · value:4 · osversion:4 · hwcap:8. */
const ENTRY = 24;
const FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib'];

/** File of the library `libNAME.so…`, `name` being `libNAME` with or without `.so` and a version. */
export function findLibrary(name: string): string | undefined {
  const matches = (file: string): boolean => file === name || file.startsWith(`${name}.so`);
  return cachedLibraries().find(({ file }) => matches(file))?.path ?? inFolders(matches);
}

function cachedLibraries(): { file: string; path: string }[] {
  if (!existsSync(CACHE)) return [];
  const bytes = readFileSync(CACHE);
  const start = bytes.indexOf(MAGIC);
  if (start < 0) return [];
  const libraries = [];
  for (let i = 0, at = start + HEADER; i < bytes.readUInt32LE(start + MAGIC.length); i++, at += ENTRY) {
    // Offsets count from the start of the new format's header.
    const file = textAt(bytes, start + bytes.readUInt32LE(at + 4));
    libraries.push({ file, path: textAt(bytes, start + bytes.readUInt32LE(at + 8)) });
  }
  return libraries;
}

function inFolders(matches: (file: string) => boolean): string | undefined {
  for (const folder of FOLDERS) {
    const file = existsSync(folder) ? readdirSync(folder).find(matches) : undefined;
    if (file) return `${folder}/${file}`;
  }
  return undefined;
}
