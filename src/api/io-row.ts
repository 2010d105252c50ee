/** Rows of `pebble io --json` and of the HTTP API, as docs/json.md describes them. */
import type { DoerFields } from './doer.ts';
import type { RowHead } from './row-head.ts';

export type IoOperation = 'read' | 'write' | 'flush' | 'discard' | 'other';

interface Requests {
  readonly device: string;
  readonly operation: IoOperation;
  readonly count: number;
  readonly bytes: number;
}

/** Requests to a device by a statement or a background process of PostgreSQL. */
export interface IoDeviceRow extends RowHead, DoerFields, Requests {
  readonly kind: 'device';
  readonly latency_us: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
    readonly max: number | null;
    readonly total: number;
  };
  /** Done by PostgreSQL's I/O workers for it, and no part of its own waits. */
  readonly by_workers: number;
}

/** The same by the file that the data belongs to. */
export interface IoFileRow extends RowHead, DoerFields, Requests {
  readonly kind: 'file';
  /** Below the data directory; null for other files and where the file is gone. */
  readonly path: string | null;
  /** What the path says: `base/DATABASE/FILENODE`. */
  readonly relation: { readonly database_oid: number; readonly filenode: number; readonly fork: string } | null;
  /** Null where nothing tells it: an agent with an SQL connection does. */
  readonly relation_name: string | null;
}

/** What a statement read, by PostgreSQL's count, and how much of it came from a device. */
export interface IoCacheRow extends RowHead, DoerFields {
  readonly kind: 'cache';
  readonly read_bytes: number;
  readonly disk_bytes: number;
  /** Null where more came from the device than was asked for: the kernel read ahead. */
  readonly cached_bytes: number | null;
}

/** Requests of everything else on this host. */
export interface IoOtherRow extends Requests {
  readonly kind: 'other';
  readonly window_start: string;
  readonly window_us: number;
  /** The command; for kernel threads their name. */
  readonly process: string;
  /** A kernel thread wrote what somebody else changed before: whose it was is not known. */
  readonly deferred: boolean;
  readonly total_us: number;
}

export type IoRow = IoDeviceRow | IoFileRow | IoCacheRow | IoOtherRow;
