/** The code symbols of mapped files: each file is read once, however many processes map it. */
import { CodeSymbols } from '../elf/code.ts';
import { openDebugFile } from '../elf/debuglink.ts';
import type { Elf } from '../elf/elf.ts';
import { mappedFileKey, openMapped, VDSO } from './mapped-file.ts';
import type { Mapping } from './maps.ts';

/** A mapped file whose names are known: offsets in the file lead to linked addresses and symbols. */
export interface Binary {
  readonly elf: Elf;
  readonly code: CodeSymbols;
}

export class Binaries {
  /** By device and inode; null for what could not be read, which is not tried again. */
  readonly #known = new Map<string, Binary | null>();

  /** undefined for mappings without a file, and for files that are no ELF files. */
  of(pid: number, mapping: Mapping): Binary | undefined {
    const key = mappedFileKey(mapping);
    if (key === undefined) return undefined;
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
    const elf = openMapped(pid, mapping);
    try {
      return named(elf, mapping.path === VDSO ? undefined : openSeparateSymbols(elf, pid, mapping));
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
