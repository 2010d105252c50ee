/** A row of `pebble queries --json` and of the HTTP API, as docs/json.md describes it. */
export interface QueryRow {
  readonly cluster: string;
  readonly system_identifier: string | null;
  readonly window_start: string;
  readonly window_us: number;
  readonly coverage: 'exact' | 'partial' | 'sampled';
  readonly inexact: readonly string[];
  readonly dropped: number;
  readonly database: string | null;
  readonly user: string | null;
  readonly query_id: string | null;
  readonly fingerprint: string;
  readonly query: string | null;
  readonly query_truncated: boolean;
  readonly requests: number;
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
}
