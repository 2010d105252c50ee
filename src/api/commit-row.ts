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
  /** Calls of fsync for WAL, by every process of the cluster; where `inexact` names it sleeps in them, of which one may have several. */
  readonly syncs: number;
  /** Commits that share one fsync, on average; null without any. */
  readonly group_size: number | null;
  /** Of the sessions' waits above, the part that is on a known statement; null without any. */
  readonly attributed: number | null;
}
