/** Opens what a process has mapped: its file, or the vdso out of its memory. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { Elf } from '../elf/elf.ts';
import type { Mapping } from './maps.ts';

export const VDSO = '[vdso]';

/** One key for all mappings of a file; undefined for memory without a file. The vdso is the same in all processes. */
export function mappedFileKey(mapping: Mapping): string | undefined {
  if (mapping.path === VDSO) return VDSO;
  return mapping.inode === 0 ? undefined : `${mapping.device} ${mapping.inode}`;
}

/** The file stays open until it is closed; an error when the mapping is no ELF file. */
export function openMapped(pid: number, mapping: Mapping): Elf {
  return mapping.path === VDSO ? Elf.parse(readMemory(pid, mapping), VDSO) : Elf.open(pathOf(pid, mapping));
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
