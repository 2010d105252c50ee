/** Finds the separate file that holds a stripped binary's symbols and debug information. */
import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ByteCursor } from '../../base/bytes.ts';
import { Elf } from './elf.ts';
import { buildId } from './notes.ts';

const DEBUG_DIRECTORY = '/usr/lib/debug';
const CHUNK = 1 << 20;

export interface DebugLink {
  readonly file: string;
  /** CRC-32 of that file. */
  readonly crc: number;
}

/** .gnu_debuglink: a file name, padding to 4 bytes, a checksum. */
export function debugLink(elf: Elf): DebugLink | undefined {
  const section = elf.section('.gnu_debuglink');
  if (section === undefined) return undefined;
  const cursor = new ByteCursor(elf.read(section), `${elf.name} .gnu_debuglink`);
  const file = cursor.text();
  cursor.align(4);
  return { file, crc: cursor.u32() };
}

/**
 * Where debuggers look, in their order; `root` is the file system that the binary sees (/proc/PID/root).
 * `directories` come first: full paths, or paths from the binary's folder.
 */
export function debugFileCandidates(
  elf: Elf,
  binaryPath: string,
  root = '',
  directories: readonly string[] = [],
): string[] {
  const id = buildId(elf);
  // Without a link the name is a custom, and only a build id tells whether the file is the right one.
  const file = debugLink(elf)?.file ?? `${basename(binaryPath)}.debug`;
  const own = dirname(binaryPath);
  const byId = (directory: string) =>
    id && id.length > 2 ? [join(directory, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`)] : [];
  const usual = [
    ...byId(DEBUG_DIRECTORY),
    join(own, file),
    join(own, '.debug', file),
    join(DEBUG_DIRECTORY, own, file),
  ].map((path) => root + path);
  const wanted = directories.flatMap((directory) => {
    const place = isAbsolute(directory) ? directory : join(own, directory);
    return [...byId(place), join(place, file), join(place, own, file)];
  });
  return [...wanted, ...usual];
}

/** The first candidate that is of the same build; the caller closes it. */
export function openDebugFile(
  elf: Elf,
  binaryPath: string,
  root = '',
  directories: readonly string[] = [],
): Elf | undefined {
  for (const path of debugFileCandidates(elf, binaryPath, root, directories)) {
    // A link may name the binary itself.
    if (path === binaryPath || !existsSync(path)) continue;
    const candidate = Elf.open(path);
    if (belongsTo(candidate, elf)) return candidate;
    candidate.close();
  }
  return undefined;
}

function belongsTo(candidate: Elf, elf: Elf): boolean {
  const wanted = buildId(elf);
  return wanted !== undefined ? buildId(candidate) === wanted : checksum(candidate) === debugLink(elf)?.crc;
}

function checksum(elf: Elf): number {
  const { crc32 } = process.getBuiltinModule('node:zlib');
  let crc = 0;
  for (let at = 0; at < elf.source.size; at += CHUNK) {
    crc = crc32(elf.source.read(at, Math.min(CHUNK, elf.source.size - at)), crc);
  }
  return crc;
}
