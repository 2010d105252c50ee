/** Lock waits of the last minutes: who waited for whom, in windows of some seconds that are added for longer ones. */
import type { LockRow } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import { LockRows, type LockSource } from '../collect/attribution/index.ts';
import { isMostlyIn, type StoredRecord, type TimeRange } from '../store/index.ts';

const KEEP_MS = 15 * 60_000;
/** However many wait: memory stays bounded, and the oldest go first. */
const MOST_ROWS = 20_000;

export interface LockWindow extends TimeRange {
  readonly rows: readonly LockRow[];
}

export class LockHistory {
  readonly #rows: LockRows;
  #windows: readonly LockWindow[] = [];
  #fromMs: number = Date.now();

  readonly #nameOf: (cluster: string, relation: string | null) => string | null;

  /** `nameOf`: where something knows what relations are called. */
  constructor(source: LockSource, nameOf: (cluster: string, relation: string | null) => string | null = () => null) {
    this.#rows = new LockRows(source);
    this.#nameOf = nameOf;
  }

  advance(nowMs: number): void {
    const named = (row: LockRow): LockRow => ({ ...row, relation_name: this.#nameOf(row.cluster, row.relation) });
    const rows = this.#rows.advance().map(named);
    const windows = [...this.#windows, { fromMs: this.#fromMs, toMs: nowMs, rows }];
    this.#fromMs = nowMs;
    let count = 0;
    const first = windows.findLastIndex((window) => {
      count += window.rows.length;
      return count > MOST_ROWS || window.toMs < nowMs - KEEP_MS;
    });
    this.#windows = windows.slice(first + 1);
  }

  /** Before it nothing is known here. */
  get oldestMs(): number {
    return this.#windows[0]?.fromMs ?? this.#fromMs;
  }

  /** Until then they are known. */
  get untilMs(): number {
    return this.#fromMs;
  }

  windows(range: TimeRange): readonly LockWindow[] {
    return this.#windows.filter((window) => isMostlyIn(window, range));
  }

  between(range: TimeRange): LockSums {
    return sumLocks(this.windows(range), range);
  }
}

/** Of what a store keeps: a record is one row of a window. In order. */
export function lockWindowsOf(records: readonly StoredRecord[]): LockWindow[] {
  const windows = Map.groupBy(records, ({ fromMs, toMs }) => `${fromMs} ${toMs}`).values();
  return [...windows]
    .map((own) => ({
      fromMs: own[0]!.fromMs,
      toMs: own[0]!.toMs,
      rows: own.map(({ body }) => body as LockRow),
    }))
    .sort((a, b) => a.fromMs - b.fromMs);
}

export interface LockSums {
  readonly window: TimeRange;
  readonly rows: LockRow[];
}

/** Of windows in order. The longest in sum first; those that wait at the end say so. */
export function sumLocks(windows: readonly LockWindow[], { fromMs, toMs }: TimeRange): LockSums {
  const window = { fromMs: windows[0]?.fromMs ?? fromMs, toMs: windows.at(-1)?.toMs ?? toMs };
  const sums = new Map<string, LockRow>();
  for (const [at, { rows }] of windows.entries()) {
    for (const row of rows) {
      const waiting = row.waiting && at === windows.length - 1;
      const known = sums.get(keyOf(row));
      sums.set(keyOf(row), known ? added(known, { ...row, waiting }) : { ...row, waiting });
    }
  }
  const head = { window_start: rfc3339(window.fromMs), window_us: Math.round((window.toMs - window.fromMs) * 1000) };
  const rows = [...sums.values()].map((row) => ({ ...row, ...head }));
  return { window, rows: rows.sort((a, b) => b.wait_us - a.wait_us) };
}

const keyOf = (row: LockRow): string =>
  JSON.stringify([
    row.cluster,
    row.waiter_pid,
    row.waiter_fingerprint,
    row.waiter_inner_fingerprint,
    row.blocker_pid,
    row.blocker_fingerprint,
    row.blocker_inner_fingerprint,
    row.lock_type,
    row.relation,
    row.mode,
  ]);

/** A wait that goes on is counted where it began. */
function added(earlier: LockRow, later: LockRow): LockRow {
  return {
    ...later,
    inexact: [...new Set([...earlier.inexact, ...later.inexact])],
    coverage: earlier.coverage === 'exact' ? later.coverage : earlier.coverage,
    dropped: earlier.dropped + later.dropped,
    count: earlier.count + later.count,
    wait_us: earlier.wait_us + later.wait_us,
    max_us: Math.max(earlier.max_us, later.max_us),
  };
}
