/** What happens now: reads the attribution every second, keeps the last minutes, and tells who listens. */
import { availableParallelism, hostname } from 'node:os';
import type { Overhead, QueryRow, Status, WaitRow } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import {
  type Attribution,
  type IoReading,
  QueryRows,
  type Signal,
  type Totals,
  WaitRows,
} from '../collect/attribution/index.ts';
import { type Interval, RecentStore } from '../store/index.ts';
import { ExecutionHistory } from './execution-history.ts';
import type { Feed } from './feed.ts';
import { Intervals } from './interval.ts';
import { IoIntervals } from './io-interval.ts';
import { LockHistory } from './lock-history.ts';
import { ProcessCost } from './process-cost.ts';
import { Profiler } from './profiler.ts';
import { Readings } from './readings.ts';
import { SessionsNow } from './sessions-now.ts';
import { VERSION } from './version.ts';
import type { Watched } from './watch.ts';

export interface LiveOptions {
  /** Between two readings. */
  readonly intervalMs?: number;
  readonly host?: string;
  /** What watching costs in the kernel, too, where it is measured. */
  readonly overhead?: () => Overhead | null;
}

/** Looking for new clusters and reading what devices did is for every fifth second. */
const SELDOM = 5;

type Listener = (status: Status) => void;

export class LiveFeed implements Feed {
  /** The last minutes. */
  readonly recent: RecentStore = new RecentStore();
  readonly readings: Readings<IoReading> = new Readings();
  /** Absent where the attribution does not follow locks. */
  readonly locks: LockHistory | undefined;
  readonly executions: ExecutionHistory | undefined;
  readonly sessions: SessionsNow;
  readonly profiler: Profiler;
  readonly host: string;
  readonly #attribution: Attribution;
  readonly #listeners = new Set<Listener>();
  readonly #timer: NodeJS.Timeout;
  readonly #intervals: Intervals;
  readonly #io: IoIntervals;
  readonly #cost = new ProcessCost();
  /** What is collected besides times, waits and counts. */
  readonly signals: ReadonlySet<Signal>;
  /** Why others are not. */
  readonly refusedSignals: Watched['refused'];
  readonly #overhead: () => Overhead | null;
  readonly #started = rfc3339(Date.now());
  #ticks = 0;
  readonly #first: Totals;
  #last: Totals;
  #status: Status;

  constructor(watched: Watched, { intervalMs = 1000, host = hostname(), overhead = () => null }: LiveOptions = {}) {
    const { attribution, options, refused } = watched;
    this.#attribution = attribution;
    this.refusedSignals = refused;
    this.locks = attribution.locks && new LockHistory(attribution);
    this.sessions = new SessionsNow(attribution);
    this.profiler = new Profiler(options);
    this.signals = new Set(options.signals);
    this.#overhead = overhead;
    this.host = host;
    this.#last = attribution.read();
    this.#first = this.#last;
    this.executions = this.signals.has('executions') ? new ExecutionHistory(attribution, this.#last) : undefined;
    this.#intervals = new Intervals(host, this.#last);
    this.#io = new IoIntervals(host, attribution.readIo());
    this.#status = this.#statusOf({});
    this.#timer = setInterval(() => void this.#tick(), intervalMs);
  }

  status(): Status {
    return this.#status;
  }

  /** Of this moment: what has just ended is counted. */
  queriesSinceStart(): QueryRow[] {
    return new QueryRows(this.#first).advance(this.#attribution.read());
  }

  waitsSinceStart(): WaitRow[] {
    return new WaitRows(this.#first).advance(this.#attribution.read());
  }

  /** Calls `listener` with each new status until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.sessions.close();
  }

  async #tick(): Promise<void> {
    const isFifth = this.#ticks++ % SELDOM === 0;
    if (isFifth) this.#attribution.refresh();
    this.#last = this.#attribution.read();
    const interval = this.#intervals.advance(this.#last);
    const io = isFifth ? this.#attribution.readIo() : undefined;
    // Of devices only: their files and those of others are made from readings.
    const devices = io && { io: this.#io.advance(io).io ?? [] };
    await this.recent.append({ ...interval, samples: { ...interval.samples, ...devices } });
    if (io) this.readings.add(this.#last.wallMs, { totals: this.#last, io });
    this.locks?.advance(this.#last.wallMs);
    this.executions?.advance(this.#last);
    this.#status = this.#statusOf(sessionsOf(interval));
    for (const listener of this.#listeners) listener(this.#status);
  }

  #statusOf(sessions: Readonly<Record<string, number>>): Status {
    const at = rfc3339(this.#last.wallMs);
    const { oldestMs } = this.recent;
    return {
      at,
      version: VERSION,
      host: this.host,
      started: this.#started,
      cpus: availableParallelism(),
      clusters: this.#attribution.clusters.map(({ pgdata, major, systemIdentifier }) => ({
        pgdata,
        major,
        system_identifier: systemIdentifier,
      })),
      refused: this.#attribution.refused.map(({ pgdata, reason }) => ({ pgdata, reason: reason.what })),
      load: { at, sessions },
      cost: { ...this.#cost.read(), dropped: this.#last.dropped },
      overhead: this.#overhead(),
      oldest: oldestMs === undefined ? null : rfc3339(oldestMs),
    };
  }
}

/** Sessions at work, on average over the interval, by what they did. */
function sessionsOf({ samples, durationUs }: Interval): Record<string, number> {
  const sessions: Record<string, number> = {};
  for (const { series, values } of samples.load ?? []) {
    const name = series[2]!;
    sessions[name] = (sessions[name] ?? 0) + values[0]! / durationUs;
  }
  return sessions;
}
