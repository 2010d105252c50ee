/** The slowest executions of the last minutes: those of each statement in every few seconds; where memory does not allow that, the slowest of all. */
import type { ExecutionRow } from '../api/index.ts';
import { type Attribution, type EndedExecution, type Totals, windowBetween } from '../collect/attribution/index.ts';
import type { TimeRange } from '../store/index.ts';

const EVERY_MS = 5000;
const KEEP_MS = 15 * 60_000;
/** Some hundred bytes each. */
const MOST = 5000;
/**
 * Where a thousand statements are executed nearly all that they do is among their slowest of some seconds: then those of
 * a minute are looked for.
 */
const MANY = 1000;
const BUSY_MS = 60_000;

export class ExecutionHistory {
  readonly #attribution: Pick<Attribution, 'takeEnded'>;
  readonly #firstMs: number;
  #last: Totals;
  #busyUntilMs = -Infinity;
  #ended: readonly EndedExecution[] = [];

  constructor(attribution: Pick<Attribution, 'takeEnded'>, first: Totals) {
    this.#attribution = attribution;
    this.#firstMs = first.wallMs;
    this.#last = first;
  }

  advance(now: Totals): void {
    if (now.monotonicMs - this.#last.monotonicMs < EVERY_MS) return;
    const window = windowBetween(this.#last, now);
    const isBusy = this.#last.monotonicMs < this.#busyUntilMs;
    const fresh = this.#attribution.takeEnded(window, isBusy ? BUSY_MS : 0).slice(0, MOST);
    if (fresh.length > MANY) this.#busyUntilMs = now.monotonicMs + 2 * BUSY_MS;
    this.#last = now;
    const young = this.#ended.filter(({ endMs }) => endMs > now.wallMs - KEEP_MS);
    this.#ended = [...slowest(young, MOST - fresh.length), ...fresh];
  }

  /** Before it none are known here. */
  get oldestMs(): number {
    return Math.max(this.#firstMs, this.#last.wallMs - KEEP_MS);
  }

  /** Until then they are known. */
  get untilMs(): number {
    return this.#last.wallMs;
  }

  /** Those that ended in it, the slowest first; each is made when it is asked for. */
  *between(range: TimeRange): Generator<ExecutionRow, void, undefined> {
    for (const one of this.#within(range)) yield one.row();
  }

  /** The slowest of each of the slowest statements, so many at most. */
  slowestOfEach(range: TimeRange, most: number): ExecutionRow[] {
    const found = new Map<string, EndedExecution>();
    for (const one of this.#within(range)) {
      if (found.size === most) break;
      if (!found.has(one.doerKey)) found.set(one.doerKey, one);
    }
    return Array.from(found.values(), (one) => one.row());
  }

  #within({ fromMs, toMs }: TimeRange): readonly EndedExecution[] {
    const within = this.#ended.filter(({ endMs }) => endMs >= fromMs && endMs < toMs);
    return slowest(within, within.length);
  }
}

const slowest = (ended: readonly EndedExecution[], count: number): readonly EndedExecution[] =>
  ended.toSorted((a, b) => b.latencyUs - a.latencyUs).slice(0, count);

export const endOf = ({ started, latency_us }: ExecutionRow): number => Date.parse(started) + latency_us / 1000;
