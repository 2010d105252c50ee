/** Gives memory back that only the start needed: what a process has once used stays its own until somebody says so. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { syscall, trim } from '../native/index.ts';

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
