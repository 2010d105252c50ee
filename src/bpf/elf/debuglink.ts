/** Finds the separate file that holds a stripped binary's symbols and debug information. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Where debuggers look, in their order; `root` is the file system that the binary sees (/proc/PID/root). */
export function debugFileCandidates(elf: Elf, binaryPath: string, root = ''): string[] {
  const id = buildId(elf);
  const link = debugLink(elf);
  const directory = dirname(binaryPath);
  return [
    ...(id && id.length > 2 ? [join(DEBUG_DIRECTORY, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`)] : []),
    ...(link
      ? [join(directory, link.file), join(directory, '.debug', link.file), join(DEBUG_DIRECTORY, directory, link.file)]
      : []),
  ].map((path) => root + path);
}

/** The first candidate that is of the same build; the caller closes it. */
export function openDebugFile(elf: Elf, binaryPath: string, root = ''): Elf | undefined {
  for (const path of debugFileCandidates(elf, binaryPath, root)) {
    if (!existsSync(path)) continue;
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
