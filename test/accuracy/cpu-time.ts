/** What the scheduler says of a session's process, and loads that last until it has used so much of a CPU. */
import { readFileSync } from 'node:fs';
import type { Connection } from '../../src/postgres/client/index.ts';

/** Microseconds on a CPU and waiting for one: /proc/PID/schedstat. */
export function schedstat(pid: number): { onCpu: number; runQueue: number } {
  const [onCpu, runQueue] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  return { onCpu: Number(onCpu) / 1000, runQueue: Number(runQueue) / 1000 };
}

/** Again and again, until the session has used `cpuMs` of a CPU for it, or `mostMs` are over. */
export async function spend(
  { backendPid }: Connection,
  execute: () => Promise<unknown>,
  cpuMs: number,
  mostMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const usedMs = (): number => schedstat(backendPid).onCpu / 1000;
  const [until, latest] = [usedMs() + cpuMs, performance.now() + mostMs];
  while (usedMs() < until && performance.now() < latest) await execute();
}
