/** What watching would cost on this host as busy as it is now, from what was measured elsewhere: no probe is needed for it. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { listChildren } from '../postgres/discover/index.ts';

/** Every switch of the host passes the hook of the scheduler; each time that a session sleeps is read and booked (docs/overhead.md). */
export const SWITCH_NS = 120;
export const SLEEP_NS = 1900;
/** Reading the maps, history, pages: of one CPU (bench/RESULTS.md). */
export const AGENT_CPU = 0.0133;
const WINDOW_MS = 1000;

export interface ExpectedCost {
  readonly switches_per_second: number;
  readonly sleeps_per_second: number;
  /** Of all CPUs' time: in the kernel, and with the agent's own. */
  readonly kernel_share: number;
  readonly cpu_share: number;
}

/** Takes a second. Sessions are the children of these postmasters. */
export async function expectedCost(postmasters: readonly number[]): Promise<ExpectedCost> {
  const before = read(postmasters);
  await sleep(WINDOW_MS);
  const after = read(postmasters);
  const perSecond = (count: number): number => (count * 1000) / (after.ms - before.ms);
  const switches = perSecond(after.switches - before.switches);
  const sleeps = [...after.sleeps].reduce((sum, [pid, count]) => sum + count - (before.sleeps.get(pid) ?? 0), 0);
  const cpus = availableParallelism();
  const kernel = (switches * SWITCH_NS + perSecond(sleeps) * SLEEP_NS) / 1e9 / cpus;
  return {
    switches_per_second: Math.round(switches),
    sleeps_per_second: Math.round(perSecond(sleeps)),
    kernel_share: kernel,
    cpu_share: kernel + AGENT_CPU / cpus,
  };
}

function read(postmasters: readonly number[]) {
  const children = postmasters.flatMap((pid) => listChildren(pid));
  return {
    ms: performance.now(),
    switches: Number(/^ctxt (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? 0),
    sleeps: new Map(children.map((pid) => [pid, sleepsOf(pid)])),
  };
}

function sleepsOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
  } catch {
    // It has ended.
    return 0;
  }
}
