/** Keeps what watching costs within a budget: gives up one signal after the other, in an order that docs/overhead.md tells. */
import type { Overhead } from '../api/index.ts';
import type { Attribution, Signal } from '../collect/attribution/index.ts';

/** The dearest for what it tells, first. Times, waits and counts of queries are never given up. */
export const GIVING_UP: readonly Signal[] = [
  'off_cpu',
  'profile',
  'executions',
  'wakers',
  'inner',
  'resources',
  'phases',
  'locks',
  'io',
  'clients',
];
/** A single busy window, as at the start, is no reason. */
const WINDOWS_ABOVE = 3;
const INTERVAL_MS = 10_000;
/** Where it is far below: each measurement costs some ms, too. */
const CALM_MS = 60_000;
const CALM_BELOW = 1 / 4;

/**
 * Of those that are collected, where the cost is `excess` times the budget: one below twice it, and more the further above, since
 * each change compiles and verifies the program anew, a second of CPU time; but half of them at most, as the dearest go first.
 */
export function nextGivenUp(collected: ReadonlySet<Signal>, excess: number): Signal[] {
  const left = GIVING_UP.filter((signal) => collected.has(signal));
  return left.slice(0, Math.max(1, Math.min(Math.floor(excess), Math.ceil(left.length / 2))));
}

export interface GovernorOptions {
  /** Of all CPUs' time; null: never gives up anything. */
  readonly budget: number | null;
  readonly intervalMs?: number;
  readonly onError?: (error: unknown) => void;
}

export class Governor {
  readonly #attribution: Attribution;
  readonly #budget: number | null;
  readonly #givenUp: Signal[] = [];
  readonly #intervalMs: number;
  readonly #onError: GovernorOptions['onError'];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #above = 0;
  #latest: Overhead | null = null;
  #running: Promise<unknown> = Promise.resolve();

  constructor(attribution: Attribution, { budget, intervalMs = INTERVAL_MS, onError }: GovernorOptions) {
    this.#attribution = attribution;
    this.#budget = budget;
    this.#intervalMs = intervalMs;
    this.#onError = onError;
    this.#schedule();
  }

  /** Of the last window; null before the first one is over. */
  get overhead(): Overhead | null {
    return this.#latest;
  }

  /** Measures, and gives up the next signals when the budget was exceeded for a while. */
  async advance(): Promise<Overhead> {
    const overhead = await this.#attribution.measureOverhead({
      budget: this.#budget,
      givenUp: [...this.#givenUp].reverse(),
    });
    this.#latest = overhead;
    this.#above = this.#budget !== null && overhead.cpu_share > this.#budget ? this.#above + 1 : 0;
    if (this.#above < WINDOWS_ABOVE) return overhead;
    const next = nextGivenUp(this.#attribution.signals, overhead.cpu_share / this.#budget!);
    if (next.length === 0) return overhead;
    await this.#attribution.dropSignals(next);
    this.#givenUp.push(...next);
    this.#above = 0;
    return overhead;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const advance = (): void => {
      this.#running = this.advance()
        .catch((error: unknown) => this.#onError?.(error))
        .finally(() => this.#schedule());
    };
    this.#timer = setTimeout(advance, this.#isCalm ? Math.max(CALM_MS, this.#intervalMs) : this.#intervalMs).unref();
  }

  get #isCalm(): boolean {
    return this.#latest !== null && this.#budget !== null && this.#latest.cpu_share < this.#budget * CALM_BELOW;
  }
}
