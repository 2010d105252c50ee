/** What the agent says of itself, docs/json.md: its cost is always part of what it shows. */
import type { ClusterInfo } from './live.ts';

export interface AgentStatus {
  readonly host: string;
  readonly version: string;
  readonly pid: number;
  readonly started: string;
  /** `exact`: eBPF sees every event; `sampled`: estimates without it. */
  readonly tier: 'exact' | 'sampled';
  readonly cost: {
    /** Parts of one CPU: over the last interval, and since the start. */
    readonly cpu: number;
    readonly cpu_since_start: number;
    readonly rss_bytes: number;
    /** Memory of the eBPF maps. */
    readonly bpf_memory_bytes: number;
    /** Events lost since the start. */
    readonly dropped: number;
    /** Queries that rested longest and were forgotten: there were too many. History has what they did. */
    readonly forgotten_queries: number;
  };
  readonly history: {
    /** Null where no history is kept. */
    readonly store: string | null;
    readonly bytes: number;
    readonly oldest: string | null;
    readonly newest: string | null;
    /** What a crash can lose, at most. */
    readonly flush_interval_us: number;
    /** Why history is not being written just now; null when all is well. */
    readonly trouble: string | null;
    readonly pending_intervals: number;
    readonly lost_intervals: number;
  };
  /** What is sent to OpenTelemetry; null where nothing is. */
  readonly otlp: OtlpStatus | null;
  readonly clusters: readonly ClusterInfo[];
  readonly refused: readonly { readonly pgdata: string; readonly reason: string }[];
}

export interface OtlpStatus {
  readonly endpoint: string;
  /** Requests that were taken. */
  readonly sent: number;
  /** Requests that wait for the receiver. */
  readonly pending: number;
  /** Requests that were refused, or given up because too many waited. */
  readonly lost: number;
  /** Data points and spans of requests that were taken without them. */
  readonly rejected_items: number;
  /** Why the last attempt failed; null when it did not. */
  readonly trouble: string | null;
}
