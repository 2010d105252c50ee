/** Rows of `pebble wal --json` and of the HTTP API, as docs/json.md describes them. */
import type { DoerFields } from './doer.ts';
import type { RowHead } from './row-head.ts';

/** Where the time of making changes durable goes. */
export interface CommitWaits {
  /** For room in the WAL buffers, or another who inserts there. */
  readonly insert_us: number;
  readonly write_us: number;
  readonly sync_us: number;
  /** For another process that writes and syncs for both. */
  readonly group_us: number;
  /** For a synchronous standby. */
  readonly replication_us: number;
}

export interface CommitRow extends RowHead, DoerFields, CommitWaits {
  readonly kind: 'statement';
  /** Transactions that wrote WAL and ended with this statement. */
  readonly commits: number;
  readonly wal_records: number;
  readonly wal_fpi: number;
  readonly wal_bytes: number;
}

export interface WalRow extends RowHead, CommitWaits {
  readonly kind: 'cluster';
  readonly commits: number;
  /** Sleeps in fsync of WAL, by every process of the cluster; one fsync may sleep more than once. */
  readonly syncs: number;
  /** Commits per sleep, fewer than share one fsync; null without sleeps. */
  readonly group_size: number | null;
  /** Of the sessions' waits above, the part that is on a known statement; null without any. */
  readonly attributed: number | null;
}
