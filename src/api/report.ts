/** Rows of `pebble report --json` and of the HTTP API, as docs/json.md describes them; `kind` tells them apart. */
import type { CatalogEvent } from './catalog.ts';
import type { Finding, PastQueryRow, PastWaitRow } from './history.ts';
import type { Window } from './row-head.ts';

/** What the report is about. */
export interface ReportWindow extends Window {
  readonly kind: 'window';
  readonly host: string;
  readonly from: string;
  readonly to: string;
  /** Average active sessions by what they did. */
  readonly sessions: Readonly<Record<string, number>>;
}

/** One query in the two windows; null where it was not executed. */
export interface Comparison {
  readonly kind: 'comparison';
  readonly host: string;
  readonly cluster: string;
  readonly database: string | null;
  readonly user: string | null;
  readonly query_id: string | null;
  readonly fingerprint: string;
  readonly query: string | null;
  readonly now: Compared | null;
  readonly before: Compared | null;
  /** How many more sessions it keeps busy than before. */
  readonly sessions_change: number;
}

export interface Compared {
  readonly sessions: number;
  readonly calls_per_second: number;
  readonly mean_us: number | null;
  readonly p95_us: number | null;
}

/** A moment of the window; `event` is its kind. */
export interface ReportEvent extends Omit<CatalogEvent, 'kind'> {
  readonly kind: 'event';
  readonly event: CatalogEvent['kind'];
}

export type ReportRow =
  | ReportWindow
  | ({ readonly kind: 'query' } & PastQueryRow)
  | ({ readonly kind: 'wait' } & PastWaitRow)
  | ({ readonly kind: 'finding' } & Finding)
  | ReportEvent
  | ({ readonly kind: 'execution'; readonly host: string } & object)
  | Comparison;
