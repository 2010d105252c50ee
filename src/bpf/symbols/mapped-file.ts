/** Opens what a process has mapped: its file, or the vdso out of its memory. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { Elf } from '../elf/elf.ts';
import { type Mapping, readMaps } from './maps.ts';

export const VDSO = '[vdso]';

/** One key for all mappings of a file; undefined for memory without a file. The vdso is the same in all processes. */
export function mappedFileKey(mapping: Mapping): string | undefined {
  if (mapping.path === VDSO) return VDSO;
  return mapping.inode === 0 ? undefined : `${mapping.device} ${mapping.inode}`;
}

/** The file stays open until it is closed; an error when the mapping is no ELF file, or the process is gone and the file with it. */
export function openMapped(pid: number, mapping: Mapping): Elf {
  return mapping.path === VDSO ? Elf.parse(readVdso(pid, mapping), VDSO) : Elf.open(pathOf(pid, mapping));
}

/**
 * The path in the process's own file system, in ours if the process is gone; the kernel's link to the mapping when
 * that is another file by now.
 */
function pathOf(pid: number, mapping: Mapping): string {
  const inside = `/proc/${pid}/root${mapping.path}`;
  if (!mapping.deleted && statSync(inside, { throwIfNoEntry: false })?.ino === mapping.inode) return inside;
  if (!mapping.deleted && !existsSync(`/proc/${pid}`) && isSameFile(mapping)) return mapping.path;
  return `/proc/${pid}/map_files/${mapping.start.toString(16)}-${mapping.end.toString(16)}`;
}

function isSameFile({ path, inode, device }: Mapping): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.ino !== inode) return false;
  // As makedev(3) packs them.
  const major = (found.dev >>> 8) & 0xfff;
  const minor = (found.dev & 0xff) | ((found.dev >>> 12) & 0xfff00);
  return (
    device
      .split(':')
      .map((part) => Number.parseInt(part, 16))
      .join() === `${major},${minor}`
  );
}

/** That of a process that is gone was ours, too. */
function readVdso(pid: number, mapping: Mapping): Buffer {
  if (existsSync(`/proc/${pid}`)) return readMemory(pid, mapping);
  const own = readMaps(process.pid).find(({ path }) => path === VDSO);
  return own ? readMemory(process.pid, own) : Buffer.alloc(0);
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
