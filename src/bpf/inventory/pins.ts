/** What is pinned: files of bpf file systems, which keep objects in the kernel without any process. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd, objGet } from '../sys/index.ts';
import { type Held, heldByFile } from './holders.ts';

export interface Pin {
  readonly path: string;
  readonly held: readonly Held[];
}

/** Pins below every bpf file system that is mounted here. */
export function listPins(mounts: string = readFileSync('/proc/self/mounts', 'latin1')): Pin[] {
  const folders = mounts.split('\n').flatMap((line) => {
    const [, folder, type] = line.split(' ');
    return type === 'bpf' ? [plain(folder!)] : [];
  });
  return [...new Set(folders)].flatMap(pinsBelow);
}

/** Spaces and the like stand as octal numbers (fs/proc_namespace.c: mangle). */
const plain = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function pinsBelow(folder: string): Pin[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pinsBelow(path);
    const fd = objGet(path);
    if (fd < 0) return [];
    try {
      return [{ path, held: heldByFile(`/proc/self/fdinfo/${fd}`) }];
    } finally {
      closeFd(fd);
    }
  });
}
