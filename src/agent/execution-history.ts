/** The slowest executions of the last minutes: those of each statement in every few seconds, as long as memory allows. */
import type { ExecutionRow } from '../api/index.ts';
import type { Attribution } from '../collect/attribution/index.ts';
import { type Totals, windowBetween } from '../collect/attribution/index.ts';
import type { TimeRange } from '../store/index.ts';

const EVERY_MS = 5000;
const KEEP_MS = 15 * 60_000;
const MOST_ROWS = 4000;

interface Ended {
  readonly endMs: number;
  readonly row: ExecutionRow;
}

export class ExecutionHistory {
  readonly #attribution: Pick<Attribution, 'takeExecutions'>;
  readonly #firstMs: number;
  #last: Totals;
  /** By their end, as they were told. */
  #ended: readonly Ended[] = [];

  constructor(attribution: Pick<Attribution, 'takeExecutions'>, first: Totals) {
    this.#attribution = attribution;
    this.#firstMs = first.wallMs;
    this.#last = first;
  }

  advance(now: Totals): void {
    if (now.monotonicMs - this.#last.monotonicMs < EVERY_MS) return;
    const rows = this.#attribution.takeExecutions(windowBetween(this.#last, now));
    this.#last = now;
    const ended = rows.map((row) => ({ endMs: endOf(row), row }));
    const young = this.#ended.filter(({ endMs }) => endMs > now.wallMs - KEEP_MS);
    this.#ended = [...young, ...ended].slice(-MOST_ROWS);
  }

  /** Before it not all are known here. */
  get oldestMs(): number {
    return Math.max(
      this.#firstMs,
      this.#ended.length === MOST_ROWS ? this.#ended[0]!.endMs : 0,
      this.#last.wallMs - KEEP_MS,
    );
  }

  /** Until then they are known. */
  get untilMs(): number {
    return this.#last.wallMs;
  }

  /** Those that ended in it, the slowest first. */
  between({ fromMs, toMs }: TimeRange): ExecutionRow[] {
    const within = this.#ended.filter(({ endMs }) => endMs >= fromMs && endMs < toMs);
    return within.map(({ row }) => row).sort((a, b) => b.latency_us - a.latency_us);
  }
}

export const endOf = ({ started, latency_us }: ExecutionRow): number => Date.parse(started) + latency_us / 1000;
