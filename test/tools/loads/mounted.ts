/** Loads on a file system of their own, in a file that is mounted through a loop device. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** XFS wants 300 MB; the file is sparse. */
const BYTES = 512 * 1024 * 1024;

type Kind = 'ext4' | 'xfs';

/** For `skip`. */
export function noMount(kind: Kind): string | false {
  const { error } = spawnSync(`mkfs.${kind}`, ['-V']);
  return error !== undefined && `mkfs.${kind} is not installed`;
}

function inMounted(kind: Kind, folder: string, action: (mounted: string) => void): void {
  const [image, mounted] = [join(folder, 'image'), join(folder, 'mounted')];
  writeFileSync(image, '');
  truncateSync(image, BYTES);
  execFileSync(`mkfs.${kind}`, ['-q', image]);
  mkdirSync(mounted);
  execFileSync('mount', ['-o', 'loop', image, mounted]);
  try {
    action(mounted);
  } finally {
    execFileSync('umount', [mounted]);
  }
}

/** Writes and syncs a file, then reads it. */
export function onFileSystem(kind: Kind, folder: string, syncs: number, reads: number): void {
  inMounted(kind, folder, (mounted) => {
    const fd = openSync(join(mounted, `on-${kind}`), 'w+');
    for (let i = 0; i < syncs; i++) {
      writeSync(fd, 'x'.repeat(1000));
      fsyncSync(fd);
    }
    for (let i = 0; i < reads; i++) readSync(fd, Buffer.alloc(100), 0, 100, 0);
    closeSync(fd);
  });
}

/** Dirties pages of new files and has the file system written back; prints its device. */
export function writtenBack(folder: string, syncs: number, pages: number): void {
  inMounted('ext4', folder, (mounted) => {
    for (let i = 0; i < syncs; i++) {
      writeFileSync(join(mounted, String(i)), Buffer.alloc(pages * 4096, 1));
      execFileSync('sync', ['-f', mounted]);
    }
    const { dev } = statSync(mounted);
    process.stdout.write(`${dev >> 8}:${dev & 0xff}`);
  });
}
