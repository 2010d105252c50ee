/** What happens now: reads the attribution every two seconds while somebody looks, seldom otherwise; keeps the last minutes, and tells who listens. */
import { hostname } from 'node:os';
import type { Overhead, QueryRow, Status, WaitRow } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import {
  type Attribution,
  type IoReading,
  type IoTotals,
  QueryRows,
  type Signal,
  type Totals,
  WaitRows,
} from '../collect/attribution/index.ts';
import { MachineWatch } from '../collect/machine/index.ts';
import { type Interval, RecentStore } from '../store/index.ts';
import type { Catalogs } from './catalogs.ts';
import { ExecutionHistory } from './execution-history.ts';
import type { Feed } from './feed.ts';
import { Intervals } from './interval.ts';
import { IoIntervals } from './io-interval.ts';
import { LockHistory } from './lock-history.ts';
import { ProcessCost } from './process-cost.ts';
import { Profiler } from './profiler.ts';
import { Readings } from './readings.ts';
import { SessionsNow } from './sessions-now.ts';
import { type Listener, Listeners, statusOf } from './status.ts';
import type { Watched } from './watch.ts';

export interface LiveOptions {
  /** Between two readings while somebody looks, as long as the finest step of a picture, and while nobody does. */
  readonly intervalMs?: number;
  readonly restMs?: number;
  readonly host?: string;
  /** What watching costs in the kernel, too, where it is measured. */
  readonly overhead?: () => Overhead | null;
  readonly catalogs?: Catalogs | undefined;
}

/** Looking for new clusters and reading what devices did is for every fifth second. */
const SELDOM_MS = 5000;
/** All of /proc is read for it. */
const MACHINE_MS = 30_000;
/** Whoever asked once may ask again, as pages do that do not follow the stream. */
const LOOKS_ON_MS = 15_000;

/** What whoever hands over a reading has of it already. */
interface AlreadyRead {
  readonly led?: Intervals;
  readonly io?: IoTotals;
}

interface SinceStart {
  readonly at: Totals;
  queries?: readonly QueryRow[];
  waits?: readonly WaitRow[];
}

export class LiveFeed implements Feed {
  /** The last minutes. */
  readonly recent: RecentStore = new RecentStore();
  readonly readings: Readings<IoReading> = new Readings();
  /** Absent where the attribution does not follow locks. */
  readonly locks: LockHistory | undefined;
  readonly executions: ExecutionHistory | undefined;
  readonly sessions: SessionsNow;
  readonly profiler: Profiler;
  readonly machine: MachineWatch;
  readonly catalogs: Catalogs | undefined;
  readonly host: string;
  readonly #attribution: Attribution;
  readonly #listeners: Listeners = new Listeners();
  readonly #intervalMs: number;
  readonly #restMs: number;
  readonly #seeking: NodeJS.Timeout;
  readonly #measuring: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #intervals: Intervals;
  readonly #io: IoIntervals;
  readonly #cost = new ProcessCost();
  /** What is collected besides times, waits and counts. */
  readonly signals: ReadonlySet<Signal>;
  /** Why others are not. */
  readonly refusedSignals: Watched['refused'];
  readonly #overhead: () => Overhead | null;
  readonly #started = rfc3339(Date.now());
  /** By the clock that does not step; of the last question, and of the last reading of devices. */
  #askedMs = -Infinity;
  #seldomMs = -Infinity;
  readonly #first: Totals;
  #last: Totals;
  #rows: SinceStart | undefined;
  #status: Status;

  constructor(watched: Watched, live: LiveOptions = {}) {
    const { attribution, options, refused } = watched;
    const { intervalMs = 2000, restMs = 10_000, host = hostname(), overhead = () => null, catalogs } = live;
    this.#intervalMs = intervalMs;
    this.#restMs = restMs;
    this.#attribution = attribution;
    this.refusedSignals = refused;
    this.machine = new MachineWatch(() => attribution.clusters);
    this.catalogs = catalogs;
    this.locks = attribution.locks && new LockHistory(attribution, catalogs && ((...of) => catalogs.nameOf(...of)));
    this.sessions = new SessionsNow(attribution, catalogs && ((...of) => catalogs.isOurs(...of)));
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
    this.#measuring = setInterval(() => this.machine.advance(), MACHINE_MS);
    this.#seeking = setInterval(() => attribution.refresh(), SELDOM_MS);
    this.#schedule();
  }

  status(): Status {
    return this.#status;
  }

  /** As of the last reading, two seconds ago at most; whoever asks again before the next one gets the same rows. */
  queriesSinceStart(): readonly QueryRow[] {
    const since = this.#sinceStart();
    since.queries ??= new QueryRows(this.#first).advance(this.#last);
    return since.queries;
  }

  waitsSinceStart(): readonly WaitRow[] {
    const since = this.#sinceStart();
    since.waits ??= new WaitRows(this.#first).advance(this.#last);
    return since.waits;
  }

  #sinceStart(): SinceStart {
    if (this.#rows?.at !== this.#last) this.#rows = { at: this.#last };
    return this.#rows;
  }

  /** Calls `listener` with each new status until the returned function is called. */
  subscribe(listener: Listener): () => void {
    const unsubscribe = this.#listeners.add(listener);
    this.#schedule();
    return unsubscribe;
  }

  /** Somebody asks: what is older than an interval is read anew, and for a while it is read as often as that. */
  async look(): Promise<void> {
    this.#askedMs = performance.now();
    const isOld = this.#askedMs - this.#last.monotonicMs > this.#intervalMs;
    if (isOld) await this.advance(this.#attribution.read());
    else this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#seeking);
    clearInterval(this.#measuring);
    this.#listeners.clear();
    this.sessions.close();
  }

  /** Takes over a reading: of its own timer, or of whoever reads the sums anyway, and may have made its interval. */
  async advance(now: Totals, { led, io: known }: AlreadyRead = {}): Promise<void> {
    this.#last = now;
    const interval = (led && this.#intervals.follow(led)) ?? this.#intervals.advance(now);
    const isDue = now.monotonicMs - this.#seldomMs >= SELDOM_MS;
    if (isDue) this.#seldomMs = now.monotonicMs;
    const io = isDue ? (known ?? this.#attribution.readIo()) : undefined;
    // Of devices only: their files and those of others are made from readings.
    const devices = io && { io: this.#io.advance(io).io ?? [] };
    await this.recent.append({ ...interval, samples: { ...interval.samples, ...devices } });
    if (io) this.readings.add(now.wallMs, { totals: now, io });
    this.locks?.advance(now.wallMs);
    this.executions?.advance(now);
    this.#status = this.#statusOf(sessionsOf(interval));
    this.#listeners.tell(this.#status);
    this.#schedule();
  }

  get #isWatched(): boolean {
    return this.#listeners.size > 0 || performance.now() - this.#askedMs < LOOKS_ON_MS;
  }

  /** The next reading, counted from the last one. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const wait = this.#last.monotonicMs + (this.#isWatched ? this.#intervalMs : this.#restMs) - performance.now();
    this.#timer = setTimeout(() => void this.advance(this.#attribution.read()), Math.max(0, wait));
  }

  #statusOf(sessions: Readonly<Record<string, number>>): Status {
    return statusOf({
      atMs: this.#last.wallMs,
      host: this.host,
      started: this.#started,
      watched: this.#attribution,
      tier: 'exact',
      shortcoming: this.#attribution.shortcoming ?? null,
      sessions,
      cost: { ...this.#cost.read(), dropped: this.#last.dropped },
      overhead: this.#overhead(),
      oldestMs: this.recent.oldestMs,
    });
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
