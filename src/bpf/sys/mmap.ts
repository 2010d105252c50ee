/** Memory shared with the kernel, seen as an ArrayBuffer that is safe to hold after it is unmapped. */
import { readFileSync } from 'node:fs';
import { syscall, viewOf } from '../../native/index.ts';
import { must } from './errno.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
/** Linux 4.17: fails where something is mapped already. */
const MAP_FIXED_NOREPLACE = 0x100000;

const AT_PAGESZ = 6n;
let size: number | undefined;

/** Bytes of a page: 4096, on arm64 also 16384 or 65536. The kernel tells it in the auxiliary vector. */
export function pageSize(): number {
  if (size !== undefined) return size;
  const file = readFileSync('/proc/self/auxv');
  const pairs = new BigUint64Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
  for (let i = 0; i + 1 < pairs.length; i += 2) if (pairs[i] === AT_PAGESZ) size = Number(pairs[i + 1]);
  size ??= 4096;
  return size;
}

export interface Mapping {
  /** Detached by `unmap`: later reads through views of it throw instead of crashing the process. */
  readonly memory: ArrayBuffer;
  unmap(): void;
}

export function mmap(fd: number, offset: number, length: number, writable: boolean, doing: string): Mapping {
  const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const address = must(syscall('mmap', 0, length, protection, MAP_SHARED, fd, offset), doing);
  const memory = viewOf(address, length);
  return {
    memory,
    unmap() {
      if (memory.detached) return;
      memory.transfer();
      syscall('munmap', address, length);
    },
  };
}

/** Shared and writable, at this address (0: wherever the kernel likes); nothing of it is seen as an ArrayBuffer. */
export function mapAt(
  address: bigint,
  length: number,
  fd: number,
  doing: string,
): { readonly address: bigint; unmap(): void } {
  const flags = address === 0n ? MAP_SHARED : MAP_SHARED | MAP_FIXED_NOREPLACE;
  const at = must(syscall('mmap', Number(address), length, PROT_READ | PROT_WRITE, flags, fd, 0), doing);
  let mapped = true;
  return {
    address: BigInt(at),
    unmap() {
      if (mapped) syscall('munmap', at, length);
      mapped = false;
    },
  };
}
