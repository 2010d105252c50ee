/** Which CPUs there are, as sysfs lists them ("0-3,8"). */
import { readFileSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';

/** Kernels are built for up to 8192. */
const MOST_CPUS = 65536;

export function parseCpuList(list: string): number[] {
  const ranges = list
    .trim()
    .split(',')
    .filter((range) => range !== '');
  return ranges.flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    const count = last! - first! + 1;
    if (count > 0 && last! < MOST_CPUS) return Array.from({ length: count }, (_, i) => first! + i);
    throw new PebbleError('format', {
      doing: 'reading a list of CPUs',
      what: `"${range.slice(0, 40)}" is no range of them`,
    });
  });
}

const read = (which: string) => parseCpuList(readFileSync(`/sys/devices/system/cpu/${which}`, 'utf8'));

let possible: number | undefined;

/** How many values a per-CPU map has for a key: CPUs that could ever be plugged in, not those that run now. */
export function possibleCpus(): number {
  possible ??= read('possible').length;
  return possible;
}

/** Events are opened on these. */
export function onlineCpus(): number[] {
  return read('online');
}
