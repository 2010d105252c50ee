/** What is said before many probes are detached: it takes seconds, in which nothing is seen to happen. */
import type { Link } from '../bpf/links/index.ts';

/** Of some tenth of a second each (the kernel waits for every CPU to leave the program): tracepoints and functions that are perf events. */
const MANY = 50;

export function detachText(links: readonly Pick<Link, 'kind' | 'strategy'>[]): string | undefined {
  const slow = links.filter(({ kind, strategy }) => kind !== 'perf_event' && PERF.has(strategy)).length;
  if (slow < MANY) return undefined;
  return `detaching ${slow} probes: the kernel waits up to a tenth of a second for each, the results come then`;
}

const PERF: ReadonlySet<Link['strategy']> = new Set(['perf_link', 'ioctl']);
