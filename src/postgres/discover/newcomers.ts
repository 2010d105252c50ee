/** Tells cheaply whether a server may have been started since the last look: only processes that were not there then are examined. */
import { isServerName } from './discover.ts';
import { listPids, readStat } from './proc.ts';

/** However it came that a server was missed, as one that was not ready when it was looked at: it is found then. */
const ANYWAY_MS = 60_000;

export class Newcomers {
  #known: ReadonlySet<number> = new Set();
  #examinedMs = -Infinity;

  /** `postmasters` are known: their children are no news. True at the first look, and once a minute. */
  look(postmasters: ReadonlySet<number>): boolean {
    const known = this.#known;
    this.#known = new Set(listPids());
    const isDue = performance.now() - this.#examinedMs >= ANYWAY_MS;
    if (
      !isDue &&
      !this.#known
        .difference(known)
        .values()
        .some((pid) => isNews(pid, postmasters))
    )
      return false;
    this.#examinedMs = performance.now();
    return true;
  }
}

function isNews(pid: number, postmasters: ReadonlySet<number>): boolean {
  const stat = readStat(pid);
  return stat !== undefined && isServerName(stat.comm) && !postmasters.has(stat.parentPid);
}
