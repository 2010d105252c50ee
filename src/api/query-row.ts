/** A row of `pebble queries --json` and of the HTTP API, as docs/json.md describes it. */
import type { RowHead } from './row-head.ts';

export interface QueryRow extends RowHead, Resources {
  readonly database: string | null;
  readonly user: string | null;
  readonly query_id: string | null;
  readonly fingerprint: string;
  readonly query: string | null;
  readonly query_truncated: boolean;
  readonly requests: number;
  readonly running: number;
  readonly calls: number;
  readonly errors: number;
  readonly latency_us: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
    readonly max: number | null;
    readonly total: number;
  };
  readonly on_cpu_us: number;
  readonly off_cpu_us: number;
  readonly run_queue_us: number;
  readonly start_delay_us: number;
  readonly throttled_us: number | null;
  readonly parallel_on_cpu_us: number;
  readonly parallel_off_cpu_us: number;
  readonly parallel_run_queue_us: number;
  readonly shared_blks_hit: number;
  readonly shared_blks_read: number;
  readonly shared_blks_dirtied: number;
  readonly shared_blks_written: number;
  readonly temp_blks_read: number;
  readonly temp_blks_written: number;
  readonly wal_records: number;
  readonly wal_fpi: number;
  readonly wal_bytes: number;
  /** CPU time by a clock that ticks 99 times a second; null where it was not collected. */
  readonly phases_us: { readonly prepare: number; readonly execute: number; readonly commit: number } | null;
}

/** What requests take besides time; null where it was not collected, or cannot be seen. */
export interface Resources {
  /** Returned to the client or changed, as the command's tag says. */
  readonly rows: number | null;
  readonly received_bytes: number | null;
  readonly sent_bytes: number | null;
  readonly temp_files: number | null;
  readonly temp_file_bytes: number | null;
  readonly major_faults: number | null;
  readonly memory_grown_bytes: number | null;
  readonly memory_kept_bytes: number | null;
  /** The most that a process has had in a request of it. */
  readonly memory_max_bytes: number | null;
  /** Failed executions by SQLSTATE, or `unknown`. */
  readonly sqlstates: Readonly<Record<string, number>> | null;
}
