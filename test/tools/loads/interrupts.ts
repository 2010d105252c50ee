/** What the kernel counts of interrupts, on all CPUs together. */
import { readFileSync } from 'node:fs';

const total = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + [...line.matchAll(/\s(\d+)(?=\s)/g)].reduce((all, [, n]) => all + Number(n), 0), 0);

const linesOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => `${line} `);

export const softirqs = (): number => total(linesOf('/proc/softirqs'));

/** Those of devices have numbers; a column a CPU. */
export function hardirqs(): number {
  const [cpus] = readFileSync('/proc/interrupts', 'utf8').split('\n', 1);
  const count = cpus!.trim().split(/\s+/).length;
  const devices = linesOf('/proc/interrupts').filter((line) => /^\s*\d+:/.test(line));
  return devices.reduce((sum, line) => {
    const counts = line
      .trim()
      .split(/\s+/)
      .slice(1, 1 + count);
    return sum + counts.reduce((all, one) => all + Number(one), 0);
  }, 0);
}
