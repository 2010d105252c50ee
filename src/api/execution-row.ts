/** A row of `pebble executions --json` and of the HTTP API, as docs/json.md describes it. */
import type { DoerFields } from './doer.ts';
import type { InnerFields } from './inner.ts';
import type { Resources } from './query-row.ts';
import type { RowHead } from './row-head.ts';

/** Inner fields of a step that it is not known of: the fingerprint is `0`. */
export interface ExecutionStep extends InnerFields {
  /** Since the start of the request. */
  readonly at_us: number;
  readonly us: number;
  /** Of `us`, ready to run and waiting for a CPU. */
  readonly run_queue_us: number;
  /** Both null for a process that was pushed off its CPU. */
  readonly wait_event_type: string | null;
  readonly wait_event: string | null;
  /** Sleeps of one kind without anything else between them; more than one where they were put together. */
  readonly count: number;
  /** The session that held the lock, where one was found. */
  readonly blocker_pid: number | null;
  /** What its statement was at; null where that is not known. */
  readonly phase: 'prepare' | 'execute' | 'commit' | null;
}

/** Of this request alone. */
export type ExecutionResources = Omit<Resources, 'memory_kept_bytes' | 'memory_max_bytes' | 'sqlstates'>;

export interface ExecutionRow extends RowHead, DoerFields, ExecutionResources {
  readonly pid: number;
  readonly started: string;
  readonly latency_us: number;
  readonly on_cpu_us: number;
  readonly off_cpu_us: number;
  readonly run_queue_us: number;
  readonly calls: number;
  readonly errors: number;
  readonly shared_blks_hit: number;
  readonly shared_blks_read: number;
  readonly shared_blks_dirtied: number;
  readonly temp_blks_read: number;
  readonly temp_blks_written: number;
  readonly wal_bytes: number;
  readonly steps: readonly ExecutionStep[];
  /** Sleeps behind the last step that is kept. */
  readonly steps_lost: number;
}
