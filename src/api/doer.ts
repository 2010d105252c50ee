/** Who did it, in rows about statements and background processes alike. */
export interface DoerFields {
  /** pg_stat_activity.backend_type. */
  readonly backend_type: string;
  readonly database: string | null;
  readonly user: string | null;
  readonly query_id: string | null;
  /** Null where no statement is executed, as is the query. */
  readonly fingerprint: string | null;
  readonly query: string | null;
  readonly query_truncated: boolean;
}
