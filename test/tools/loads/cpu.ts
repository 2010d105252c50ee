/** Loads on CPUs: short sleeps of the main thread, and work; what the kernel itself counts of them is printed. */
import { readdirSync, readFileSync } from 'node:fs';

const switchesOf = (path: string): number =>
  [...readFileSync(path, 'utf8').matchAll(/ctxt_switches:\s*(\d+)/g)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );

/** Prints the main thread's name, how often it was switched so far, and all threads, and microseconds since the process began. */
export function naps(count: number): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < count; i++) Atomics.wait(cell, 0, 0, 1);
  const own = switchesOf('/proc/self/status');
  const all = readdirSync('/proc/self/task').reduce((sum, tid) => sum + switchesOf(`/proc/self/task/${tid}/status`), 0);
  const comm = readFileSync('/proc/self/comm', 'utf8').trim();
  process.stdout.write([comm, own, all, Math.round(performance.now() * 1000)].join('\n'));
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
