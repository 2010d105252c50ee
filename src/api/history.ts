/** Answers about the past: what was asked for, what of it was observed, and rows as those of now. */
import type { QueryRow } from './query-row.ts';
import type { WaitRow } from './wait-row.ts';

/** The part of a range that there is history of. */
export interface HistoryWindow {
  /** RFC 3339: the range that was asked for, widened to what is still stored (seconds, minutes, hours, days). */
  readonly from: string;
  readonly to: string;
  /** Of it, by the agent that saw most; 0: there was none. */
  readonly observed_us: number;
}

/** A row of the past: `window_us` is the time that was observed, which is less than the range where no agent ran. */
export type PastRow<Row> = Row & { readonly host: string };
export type PastQueryRow = PastRow<QueryRow>;
export type PastWaitRow = PastRow<WaitRow>;

export interface HistoryRows<Row> extends HistoryWindow {
  readonly rows: readonly PastRow<Row>[];
}

/** One query, or several together, in one step of time. */
export interface TimelineStep {
  readonly at: string;
  readonly step_us: number;
  readonly row: PastQueryRow;
}

export interface HeatmapColumn {
  readonly at: string;
  readonly step_us: number;
  /** Requests by latency; a bucket holds those from `from_us` to below `to_us`. */
  readonly buckets: readonly { readonly from_us: number; readonly to_us: number; readonly count: number }[];
}

/** What dominates, in words, with what it is concluded from. */
export interface Finding {
  /** Of the rule: `commit-bound`. */
  readonly id: string;
  readonly host: string;
  readonly cluster: string;
  readonly severity: 'info' | 'warning' | 'critical';
  /** RFC 3339: when it was first seen, and last. */
  readonly since: string;
  readonly until: string;
  /** One sentence. */
  readonly title: string;
  readonly evidence: readonly string[];
  /** SQL to run next; null where looking elsewhere helps more: then `advice` says where. */
  readonly sql: string | null;
  readonly advice: string;
  /** What would show that this is wrong. */
  readonly refuted_by: string;
  readonly queries: readonly {
    readonly fingerprint: string;
    readonly query_id: string | null;
    readonly query: string | null;
  }[];
}
