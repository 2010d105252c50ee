/** A row of `pebble waits --json` and of the HTTP API, as docs/json.md describes it. */
import type { RowHead } from './row-head.ts';

export interface WaitRow extends RowHead {
  /** pg_stat_activity.backend_type. */
  readonly backend_type: string;
  readonly database: string | null;
  readonly user: string | null;
  readonly query_id: string | null;
  /** Null where no statement is executed, as is the query. */
  readonly fingerprint: string | null;
  readonly query: string | null;
  readonly query_truncated: boolean;
  readonly wait_event_type: string;
  readonly wait_event: string;
  readonly count: number;
  readonly total_us: number;
  readonly max_us: number;
}
