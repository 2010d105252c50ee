/** Gives memory back that only the start needed: what a process has once used stays its own until somebody says so. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setMalloc, syscall, trim } from '../native/index.ts';

/** include/uapi/asm-generic/mman-common.h */
const MADV_DONTNEED = 4;

/** Garbage, free blocks of the C library, and pages of programs: those that are used again come back from the page cache. */
export function giveBackMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: { readonly [option: string]: string }) => void;
  // As where memory is at an end: what lies scattered is moved together, too.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  trim();
  for (const { start, length } of cleanCode(readFileSync('/proc/self/smaps', 'latin1'))) {
    syscall('madvise', start, length, MADV_DONTNEED);
  }
}

/** malloc.h; glibc's own values at the start, which it raises to 64 MiB as larger blocks are freed unless they are given. */
const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;
const THRESHOLD_BYTES = 128 * 1024;

/** From now on what is freed goes back by itself where it lies at the end, and large blocks at once: 44 MiB of a busy agent's. */
export function keepLittle(): void {
  for (const parameter of [M_TRIM_THRESHOLD, M_MMAP_THRESHOLD]) setMalloc(parameter, THRESHOLD_BYTES);
}

interface Mapping {
  readonly start: number;
  readonly length: number;
}

/** Mappings of files that nobody may write and no page of which was ever changed (proc(5), smaps). */
export function cleanCode(smaps: string): Mapping[] {
  const entries = smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return entries.flatMap((entry) => {
    const head = /^([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ [1-9]\d*\s+\//.exec(entry);
    if (!head || !/^Anonymous:\s+0 kB$/m.test(entry)) return [];
    const start = Number.parseInt(head[1]!, 16);
    return [{ start, length: Number.parseInt(head[2]!, 16) - start }];
  });
}
