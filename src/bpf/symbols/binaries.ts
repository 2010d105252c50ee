/** The code symbols of mapped files: each file is read once, however many processes map it. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { CodeSymbols } from '../elf/code.ts';
import { openDebugFile } from '../elf/debuglink.ts';
import { Elf } from '../elf/elf.ts';
import type { Mapping } from './maps.ts';

/** A mapped file whose names are known: offsets in the file lead to linked addresses and symbols. */
export interface Binary {
  readonly elf: Elf;
  readonly code: CodeSymbols;
}

const VDSO = '[vdso]';

export class Binaries {
  /** By device and inode; null for what could not be read, which is not tried again. */
  readonly #known = new Map<string, Binary | null>();

  /** undefined for mappings without a file, and for files that are no ELF files. */
  of(pid: number, mapping: Mapping): Binary | undefined {
    if (mapping.inode === 0 && mapping.path !== VDSO) return undefined;
    const key = mapping.path === VDSO ? VDSO : `${mapping.device} ${mapping.inode}`;
    let binary = this.#known.get(key);
    if (binary === undefined) {
      binary = tryLoad(pid, mapping);
      this.#known.set(key, binary);
    }
    return binary ?? undefined;
  }

  clear(): void {
    this.#known.clear();
  }
}

function tryLoad(pid: number, mapping: Mapping): Binary | null {
  try {
    if (mapping.path === VDSO) return named(Elf.parse(readMemory(pid, mapping), VDSO));
    const elf = Elf.open(pathOf(pid, mapping));
    try {
      return named(elf, openSeparateSymbols(elf, pid, mapping));
    } finally {
      elf.close();
    }
  } catch {
    return null;
  }
}

/** Symbols are read to the end, for the files are closed afterwards. */
function named(elf: Elf, separate?: Elf): Binary {
  const code = new CodeSymbols(separate ?? elf);
  separate?.close();
  return { elf, code };
}

function openSeparateSymbols(elf: Elf, pid: number, mapping: Mapping): Elf | undefined {
  if (elf.section('.symtab') !== undefined) return undefined;
  const inside = openDebugFile(elf, mapping.path, `/proc/${pid}/root`);
  return inside ?? openDebugFile(elf, mapping.path);
}

/** The path in the process's own file system; the kernel's link to the mapping when that is another file by now. */
function pathOf(pid: number, mapping: Mapping): string {
  const path = `/proc/${pid}/root${mapping.path}`;
  if (!mapping.deleted && statSync(path, { throwIfNoEntry: false })?.ino === mapping.inode) return path;
  return `/proc/${pid}/map_files/${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
}

function readMemory(pid: number, mapping: Mapping): Buffer {
  const bytes = Buffer.alloc(mapping.end - mapping.start);
  const fd = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const length = readSync(fd, bytes, 0, bytes.length, mapping.start);
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
