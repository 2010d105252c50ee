/** Keeps what watching costs within a budget: gives up one signal after the other, in an order that docs/overhead.md tells. */
import type { Overhead } from '../api/index.ts';
import { PebbleError } from '../base/errors.ts';
import type { Attribution, Signal } from '../collect/attribution/index.ts';
import { parseShare } from './configuration/share.ts';

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
];
/** Of all CPUs' time. */
export const DEFAULT_BUDGET = 0.01;
/** A single busy window, as at the start, is no reason. */
const WINDOWS_ABOVE = 3;
const INTERVAL_MS = 10_000;

export interface GovernorOptions {
  /** Null: never gives up anything. */
  readonly budget?: number | null;
  readonly intervalMs?: number;
  readonly onError?: (error: unknown) => void;
}

/** "1%", "0.5%", or "none" for no limit. */
export function parseBudget(text: string): number | null {
  const share = parseShare(text);
  if (share !== undefined) return share;
  throw new PebbleError('usage', {
    doing: 'reading the budget',
    what: `"${text}" is no share of the CPUs' time`,
    hint: 'write it like 1% or 0.5%, or `none` for no limit',
  });
}

export class Governor {
  readonly #attribution: Attribution;
  readonly #budget: number | null;
  readonly #givenUp: Signal[] = [];
  readonly #timer: NodeJS.Timeout;
  #above = 0;
  #latest: Overhead | null = null;
  #running: Promise<unknown> = Promise.resolve();

  constructor(
    attribution: Attribution,
    { budget = DEFAULT_BUDGET, intervalMs = INTERVAL_MS, onError }: GovernorOptions = {},
  ) {
    this.#attribution = attribution;
    this.#budget = budget;
    this.#timer = setInterval(() => {
      this.#running = this.advance().catch((error: unknown) => onError?.(error));
    }, intervalMs);
    this.#timer.unref();
  }

  /** Of the last window; null before the first one is over. */
  get overhead(): Overhead | null {
    return this.#latest;
  }

  /** Measures, and gives up the next signal when the budget was exceeded for a while. */
  async advance(): Promise<Overhead> {
    const overhead = await this.#attribution.measureOverhead({
      budget: this.#budget,
      givenUp: [...this.#givenUp].reverse(),
    });
    this.#latest = overhead;
    this.#above = this.#budget !== null && overhead.cpu_share > this.#budget ? this.#above + 1 : 0;
    if (this.#above < WINDOWS_ABOVE) return overhead;
    const next = GIVING_UP.find((signal) => this.#attribution.signals.has(signal));
    if (next === undefined) return overhead;
    await this.#attribution.dropSignal(next);
    this.#givenUp.push(next);
    this.#above = 0;
    return overhead;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
