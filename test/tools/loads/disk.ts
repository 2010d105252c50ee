/** A load on a disk of its own: a loop device, written past the page cache, by this process itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 1024 * 1024;
const BLOCK = 4096;

/** Constants of asm-generic/fcntl.h (O_DIRECT: that of x86) and asm-generic/mman-common.h. */
const [O_WRONLY, O_DIRECT] = [1, process.arch === 'x64' ? 0o40000 : 0o200000];
const [PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS] = [3, 0x22];

/** For `skip`. */
export function noLoopDevice(): string | false {
  return spawnSync('losetup', ['-f']).status !== 0 && 'no loop device can be made here';
}

/** Writes blocks one by one when it is told to; prints the disk's name. From before that the disk is nobody else's. */
export async function directWrites(folder: string, count: number, told: () => Promise<void>): Promise<void> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  const map = libc.func('void *mmap(void *, size_t, int, int, int, int64)');
  const open = libc.func('int open(const char *, int)');
  const write = libc.func('int64 pwrite(int, void *, size_t, int64)');
  const image = join(folder, 'image');
  writeFileSync(image, '');
  truncateSync(image, BYTES);
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim();
  try {
    await told();
    const fd = open(device, O_WRONLY | O_DIRECT);
    const block = map(null, BLOCK, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    for (let i = 0; i < count; i++)
      if (write(fd, block, BLOCK, i * BLOCK) !== BLOCK) throw new Error(`block ${i} was not written`);
    libc.func('int close(int)')(fd);
  } finally {
    execFileSync('losetup', ['-d', device]);
  }
  process.stdout.write(device.replace('/dev/', ''));
}
