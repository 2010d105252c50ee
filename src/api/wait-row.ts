/** A row of `pebble waits --json` and of the HTTP API, as docs/json.md describes it. */
import type { DoerFields } from './doer.ts';
import type { InnerFields } from './inner.ts';
import type { RowHead } from './row-head.ts';

/** Who let go of an LWLock that was waited for. */
export interface Waker extends Pick<DoerFields, 'backend_type' | 'query_id' | 'fingerprint' | 'query'> {
  readonly count: number;
  readonly total_us: number;
}

export interface WaitRow extends RowHead, DoerFields, InnerFields {
  readonly wait_event_type: string;
  readonly wait_event: string;
  /** The process at the other end of the pipe that it reads or writes, where it sleeps in that. */
  readonly wait_on: string | null;
  /** Of LWLocks, those that most was waited for; null where nobody was seen. Of all waits of the statement for this event. */
  readonly woken_by: readonly Waker[] | null;
  readonly count: number;
  readonly total_us: number;
  /** Null where it was not known when it was written. */
  readonly max_us: number | null;
}
