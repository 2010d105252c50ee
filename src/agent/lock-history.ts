/** Lock waits of the last minutes: who waited for whom, in windows of some seconds that are added for longer ones. */
import type { LockRow } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import { LockRows, type LockSource } from '../collect/attribution/index.ts';
import { isMostlyIn, type StoredRecord, type TimeRange } from '../store/index.ts';

const KEEP_MS = 15 * 60_000;
/** However many wait: memory stays bounded, and the oldest go first. */
const MOST_ROWS = 20_000;

/** Windows as they are stored: of minutes in which somebody waited. */
const STORED_MS = 60_000;

export interface LockWindow extends TimeRange {
  /** Whose windows these are, where there may be several. */
  readonly host?: string;
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
  const windows = Map.groupBy(records, ({ host, fromMs, toMs }) => `${fromMs} ${toMs} ${host}`).values();
  return [...windows]
    .map((own) => ({
      host: own[0]!.host,
      fromMs: own[0]!.fromMs,
      toMs: own[0]!.toMs,
      rows: own.map(({ body }) => body as LockRow),
    }))
    .sort((a, b) => a.fromMs - b.fromMs);
}

export interface LockSums {
  readonly window: TimeRange;
  /** With their host where the windows tell it. */
  readonly rows: (LockRow & { readonly host?: string })[];
}

/** Of windows in order. The longest in sum first; those that wait at the end say so, where it is known until then. */
export function sumLocks(windows: readonly LockWindow[], { fromMs, toMs }: TimeRange): LockSums {
  const isAtEnd = (one: LockWindow): boolean => toMs - one.toMs <= Math.max(one.toMs - one.fromMs, STORED_MS);
  const window = { fromMs: windows[0]?.fromMs ?? fromMs, toMs: windows.at(-1)?.toMs ?? toMs };
  const sums = new Map<string, Sum>();
  // Each row of a window tells what was lost in it.
  const dropped = windows.reduce((all, { rows }) => all + (rows[0]?.dropped ?? 0), 0);
  const last = new Map(windows.map((window) => [window.host, window]));
  for (const one of windows) {
    const { host } = one;
    for (const row of one.rows) {
      const waiting = row.waiting && one === last.get(host) && isAtEnd(one);
      const key = `${host ?? ''} ${keyOf(row)}`;
      const known = sums.get(key);
      if (known) add(known, row, waiting);
      else sums.set(key, { ...(host !== undefined && { host }), ...row, waiting });
    }
  }
  const head = {
    window_start: rfc3339(window.fromMs),
    window_us: Math.round((window.toMs - window.fromMs) * 1000),
    dropped,
    ...(dropped > 0 && { coverage: 'partial' as const }),
  };
  const rows = [...sums.values()].map((row) => ({ ...row, ...head }));
  return { window, rows: rows.sort((a, b) => b.wait_us - a.wait_us) };
}

const keyOf = (row: LockRow): string =>
  [
    row.waiter_pid,
    row.waiter_fingerprint,
    row.waiter_inner_fingerprint,
    row.blocker_pid,
    row.blocker_fingerprint,
    row.blocker_inner_fingerprint,
    row.lock_type,
    row.relation,
    row.mode,
    row.cluster,
  ].join(' ');

type Sum = { -readonly [Name in keyof LockRow]: LockRow[Name] } & { readonly host?: string };

/** A wait that goes on is counted where it began. Into the sum itself: pages ask for thousands of rows every few seconds. */
function add(sum: Sum, later: LockRow, waiting: boolean): void {
  const { inexact, coverage, count, wait_us, max_us } = sum;
  Object.assign(sum, later, {
    waiting,
    inexact: later.inexact.length === 0 ? inexact : [...new Set([...inexact, ...later.inexact])],
    coverage: coverage === 'exact' ? later.coverage : coverage,
    count: count + later.count,
    wait_us: wait_us + later.wait_us,
    max_us: Math.max(max_us, later.max_us),
  });
}
