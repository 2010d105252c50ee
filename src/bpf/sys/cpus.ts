/** Which CPUs there are, as sysfs lists them ("0-3,8"). */
import { readFileSync } from 'node:fs';

export function parseCpuList(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
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
