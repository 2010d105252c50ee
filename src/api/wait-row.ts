/** A row of `pebble waits --json` and of the HTTP API, as docs/json.md describes it. */
import type { DoerFields } from './doer.ts';
import type { InnerFields } from './inner.ts';
import type { RowHead } from './row-head.ts';

export interface WaitRow extends RowHead, DoerFields, InnerFields {
  readonly wait_event_type: string;
  readonly wait_event: string;
  readonly count: number;
  readonly total_us: number;
  readonly max_us: number;
}
