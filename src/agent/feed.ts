/** What the server's pages live on: a live agent, or a store that agents elsewhere fill. */
import type { Status } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import type { IoReading, Signal } from '../collect/attribution/index.ts';
import type { MachineWatch } from '../collect/machine/index.ts';
import { RecentStore, type Store } from '../store/index.ts';
import type { Catalogs } from './catalogs.ts';
import type { ExecutionHistory } from './execution-history.ts';
import type { LockHistory } from './lock-history.ts';
import { ProcessCost } from './process-cost.ts';
import type { Profiler } from './profiler.ts';
import type { Readings } from './readings.ts';
import type { SessionsNow } from './sessions-now.ts';
import { type Listener, Listeners, statusOf } from './status.ts';

export interface Feed {
  readonly host: string;
  /** The last minutes; empty where nothing is watched here. */
  readonly recent: RecentStore;
  readonly readings: Readings<IoReading> | undefined;
  /** Absent where the attribution does not follow locks. */
  readonly locks: LockHistory | undefined;
  readonly executions: ExecutionHistory | undefined;
  readonly sessions: SessionsNow | undefined;
  readonly profiler: Profiler | undefined;
  /** Absent where nothing is watched. */
  readonly machine: MachineWatch | undefined;
  /** Absent without an SQL connection. */
  readonly catalogs: Catalogs | undefined;
  /** What is collected besides times, waits and counts, and why others are not. */
  readonly signals: ReadonlySet<Signal>;
  readonly refusedSignals: ReadonlyMap<Signal, string>;
  status(): Status;
  /** Calls `listener` with each new status until the returned function is called. */
  subscribe(listener: Listener): () => void;
  /** To be awaited before something is asked: nobody reads much while nobody looks. */
  look(): Promise<void>;
  close(): void;
}

export interface StoreFeedOptions {
  /** Between two looks at the store; 0: only when `tick` is called. */
  readonly intervalMs?: number;
  readonly clock?: () => number;
}

/** Shows what a store holds, of however many hosts; nothing is watched here. */
export class StoreFeed implements Feed {
  readonly host: string;
  readonly recent: RecentStore = new RecentStore();
  readonly readings = undefined;
  readonly locks = undefined;
  readonly executions = undefined;
  readonly sessions = undefined;
  readonly profiler = undefined;
  readonly machine = undefined;
  readonly catalogs = undefined;
  readonly signals: ReadonlySet<Signal> = new Set();
  readonly refusedSignals: ReadonlyMap<Signal, string> = new Map();
  readonly #store: Pick<Store, 'state'>;
  readonly #listeners: Listeners = new Listeners();
  readonly #cost = new ProcessCost();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #clock: () => number;
  readonly #started: string;
  #oldestMs: number | null = null;
  #status: Status;

  constructor(store: Pick<Store, 'state'>, host: string, options: StoreFeedOptions = {}) {
    const { intervalMs = 1000, clock = Date.now } = options;
    this.#store = store;
    this.host = host;
    this.#clock = clock;
    this.#started = rfc3339(clock());
    this.#status = this.#read();
    if (intervalMs > 0) this.#timer = setInterval(() => void this.tick(), intervalMs);
  }

  status(): Status {
    return this.#status;
  }

  subscribe(listener: Listener): () => void {
    return this.#listeners.add(listener);
  }

  /** Whatever is asked of a store is as new as the store. */
  async look(): Promise<void> {}

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  /** Looks at the store, and tells who listens. */
  async tick(): Promise<void> {
    this.#oldestMs = (await this.#store.state()).oldestMs;
    this.#status = this.#read();
    this.#listeners.tell(this.#status);
  }

  #read(): Status {
    return statusOf({
      atMs: this.#clock(),
      host: this.host,
      started: this.#started,
      watched: undefined,
      tier: null,
      shortcoming: null,
      sessions: {},
      cost: { ...this.#cost.read(), dropped: 0 },
      overhead: null,
      oldestMs: this.#oldestMs,
    });
  }
}
