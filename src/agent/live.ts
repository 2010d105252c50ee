/** What happens now: reads the attribution every second and keeps the load of the last quarter of an hour. */
import { availableParallelism } from 'node:os';
import type { LiveFrame, LiveSnapshot, Load, QueryRow } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import { type Attribution, QueryRows, type Totals } from '../collect/attribution/index.ts';

export interface LiveOptions {
  /** Between two frames. */
  readonly intervalMs?: number;
  /** A frame's queries are those of this time before it. */
  readonly slidingMs?: number;
}

type Listener = (frame: LiveFrame) => void;

const HISTORY_MS = 15 * 60_000;

export class LiveFeed {
  readonly #attribution: Attribution;
  readonly #intervalMs: number;
  readonly #slidingMs: number;
  readonly #listeners = new Set<Listener>();
  readonly #timer: NodeJS.Timeout;
  #readings: Totals[];
  #history: Load[] = [];
  #frame: LiveFrame;

  constructor(attribution: Attribution, { intervalMs = 1000, slidingMs = 10_000 }: LiveOptions = {}) {
    this.#attribution = attribution;
    this.#intervalMs = intervalMs;
    this.#slidingMs = slidingMs;
    const first = attribution.read();
    this.#readings = [first];
    this.#frame = this.#frameOf(loadOf([], first.wallMs), []);
    this.#timer = setInterval(() => this.#tick(), intervalMs);
  }

  snapshot(): LiveSnapshot {
    return { history: this.#history, frame: this.#frame };
  }

  /** Calls `listener` with each new frame until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #tick(): void {
    this.#attribution.refresh();
    const now = this.#attribution.read();
    const load = loadOf(new QueryRows(this.#readings.at(-1)!).advance(now), now.wallMs);
    this.#history = [...this.#history, load].slice(-Math.ceil(HISTORY_MS / this.#intervalMs));
    const start = this.#readings.findLastIndex(({ monotonicMs }) => now.monotonicMs - monotonicMs >= this.#slidingMs);
    this.#readings = [...this.#readings.slice(Math.max(0, start)), now];
    this.#frame = this.#frameOf(load, new QueryRows(this.#readings[0]!).advance(now));
    for (const listener of this.#listeners) listener(this.#frame);
  }

  #frameOf(load: Load, queries: readonly QueryRow[]): LiveFrame {
    return {
      load,
      queries,
      clusters: this.#attribution.clusters.map(({ pgdata, major, systemIdentifier }) => ({
        pgdata,
        major,
        system_identifier: systemIdentifier,
      })),
      refused: this.#attribution.refused.map(({ pgdata, reason }) => ({ pgdata, reason: reason.what })),
      cpus: availableParallelism(),
    };
  }
}

/** Sessions at work, on average over the rows' window. */
function loadOf(rows: readonly QueryRow[], wallMs: number): Load {
  const sessions: Record<string, number> = { CPU: 0, 'Run queue': 0, Wait: 0 };
  for (const row of rows) {
    sessions.CPU! += row.on_cpu_us / row.window_us;
    sessions['Run queue']! += row.run_queue_us / row.window_us;
    sessions.Wait! += row.off_cpu_us / row.window_us;
  }
  return { at: rfc3339(wallMs), sessions };
}
