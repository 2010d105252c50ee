/** A row of the HTTP API: what one process of a cluster does at the moment of the question. */

export interface SessionRow {
  readonly cluster: string;
  readonly pid: number;
  /** pg_stat_activity.backend_type. */
  readonly backend_type: string;
  /** An SQL connection of the agent itself: it is in no figure. */
  readonly of_pebble: boolean;
  /** pg_stat_activity.state; null of processes that have none. */
  readonly state: string | null;
  readonly database: string | null;
  readonly user: string | null;
  readonly application: string | null;
  readonly client: string | null;
  readonly query_id: string | null;
  readonly fingerprint: string | null;
  readonly query: string | null;
  readonly query_truncated: boolean;
  /** Both null where it does not wait. */
  readonly wait_event_type: string | null;
  readonly wait_event: string | null;
  /** How long its transaction, its statement and its state last; null where there is none. */
  readonly transaction_us: number | null;
  readonly statement_us: number | null;
  readonly state_us: number | null;
}
