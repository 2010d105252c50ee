/** Says on every page what is not collected any more for the budget: an empty table says so to nobody. */
import type { Overhead } from '../../api/index.ts';
import { formatShare } from '../../base/units.ts';

/** What is lost with each signal; docs/overhead.md has them in their order. */
const LOST: Readonly<Record<string, string>> = {
  off_cpu: 'stacks of sleeps',
  profile: 'stacks of running code',
  executions: 'single slow requests',
  wakers: 'who lets go of LWLocks',
  inner: 'what functions and triggers execute',
  resources: 'rows, bytes, memory, temporary files and SQLSTATEs',
  phases: 'the share of parsing and planning',
  locks: 'who waits for whom',
  io: 'requests to devices, files, page cache',
  clients: 'the time of each application and client',
};

export function givenUpText({ budget, given_up }: Pick<Overhead, 'budget' | 'given_up'>): string | undefined {
  if (given_up.length === 0 || budget === null) return undefined;
  const lost = given_up.map((signal) => LOST[signal] ?? signal).reverse();
  return `Given up because watching cost more than its budget of ${formatShare(budget)}: ${lost.join('; ')}. What is missing here is not known, not zero; restart the agent with a larger --budget to have it again.`;
}
