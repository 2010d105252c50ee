/** Loads on CPUs: short sleeps of the main thread, and work; and what the kernel itself counts of them. */
import { readdirSync, readFileSync } from 'node:fs';

const switchesIn = (path: string): number =>
  [...readFileSync(path, 'utf8').matchAll(/ctxt_switches:\s*(\d+)/g)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );

/** Of all threads of a process. */
export const switchesOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, tid) => sum + switchesIn(`/proc/${pid}/task/${tid}/status`), 0);

/** Of its main thread. */
export const mainSwitchesOf = (pid: number): number => switchesIn(`/proc/${pid}/status`);

export function naps(count: number): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < count; i++) Atomics.wait(cell, 0, 0, 1);
}

/** Works for so much CPU time; prints how many milliseconds of it the process has used meanwhile, and all of them. */
export function burns(ms: number): void {
  const before = usedMs();
  while (usedMs() - before < ms);
  process.stdout.write(`${usedMs() - before} ${usedMs()}`);
}

function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
