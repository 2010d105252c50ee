/** Readings of the machine, and what happened between the first of the last minutes and now. */
import { availableParallelism } from 'node:os';
import type { MachineFacts } from '../../api/index.ts';
import { listPids, type ProcessStat, readStat } from '../../postgres/discover/index.ts';
import { diskBytes } from './disk.ts';
import { memoryStallUs, oomKills, throttledUs } from './limits.ts';

const KEEP_MS = 5 * 60_000;
/** Of others: so many are named. */
const MOST_NAMED = 5;

/** A watched cluster. */
interface Server {
  readonly pgdata: string;
  readonly pid: number;
}

/** The kernel's threads: what they write is charged to whoever changed it. */
const KTHREADD = 2;

interface ReadProcess extends ProcessStat {
  readonly diskBytes: number;
}
type Amount = 'cpuUs' | 'diskBytes';

interface Reading {
  readonly ms: number;
  readonly processes: ReadonlyMap<string, ReadProcess>;
  readonly stallUs: number | null;
  readonly kills: number;
  readonly throttled: ReadonlyMap<string, number | null>;
}

export class MachineWatch {
  readonly #servers: () => readonly Server[];
  #readings: readonly Reading[] = [];

  constructor(servers: () => readonly Server[]) {
    this.#servers = servers;
    this.advance();
  }

  /** Some ms with some hundred processes. */
  advance(): void {
    const now = performance.now();
    const stats = listPids().flatMap((pid) => readStat(pid) ?? []);
    const processes = new Map(
      stats.map((one) => [`${one.pid} ${one.startTime}`, { ...one, diskBytes: diskBytesOf(one) }]),
    );
    const throttled = new Map(this.#servers().map(({ pgdata, pid }) => [pgdata, throttledUs(pid)]));
    const reading = { ms: now, processes, stallUs: memoryStallUs(), kills: oomKills(), throttled };
    this.#readings = [...this.#readings.filter(({ ms }) => ms >= now - KEEP_MS), reading];
  }

  /** Nothing before there are two readings. Processes that began and ended between two readings are in no figure. */
  facts(mostNamed = MOST_NAMED): MachineFacts | undefined {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (!first || !last || first === last) return undefined;
    const windowUs = (last.ms - first.ms) * 1000;
    const time = this.#split('cpuUs', first, last);
    const disk = this.#split('diskBytes', first, last);
    const cpus = (us: number): number => us / windowUs;
    return {
      window_us: Math.round(windowUs),
      cpus: availableParallelism(),
      postgres_cpus: cpus(time.own),
      other_cpus: cpus(time.foreign),
      others: time.others.slice(0, mostNamed).map(([name, us]) => ({ name, cpus: cpus(us) })),
      postgres_disk_bytes: disk.own,
      other_disk_bytes: disk.foreign,
      disk_others: disk.others.slice(0, mostNamed).map(([name, bytes]) => ({ name, bytes })),
      memory_stall_us: difference(first.stallUs, last.stallUs),
      oom_kills: last.kills - first.kills,
      throttled_us: Object.fromEntries(
        [...last.throttled].map(([pgdata, us]) => [pgdata, difference(first.throttled.get(pgdata) ?? null, us)]),
      ),
    };
  }

  /** PostgreSQL's, and everybody else's by name, the most first; our own is neither. */
  #split(amount: Amount, first: Reading, last: Reading) {
    const postmasters = new Set(this.#servers().map(({ pid }) => pid));
    const others = new Map<string, number>();
    let own = 0;
    let foreign = 0;
    for (const [key, { pid, parentPid, comm, ...one }] of last.processes) {
      const grown = one[amount] - (first.processes.get(key)?.[amount] ?? 0);
      if (grown <= 0 || pid === process.pid) continue;
      if (postmasters.has(pid) || postmasters.has(parentPid)) {
        own += grown;
      } else {
        foreign += grown;
        others.set(comm, (others.get(comm) ?? 0) + grown);
      }
    }
    return { own, foreign, others: [...others].sort(([, a], [, b]) => b - a) };
  }
}

const diskBytesOf = ({ pid, parentPid }: ProcessStat): number =>
  pid === KTHREADD || parentPid === KTHREADD ? 0 : diskBytes(pid);

const difference = (before: number | null, after: number | null): number | null =>
  before === null || after === null ? null : after - before;
