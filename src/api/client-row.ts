/** A row of the HTTP API: requests and time of sessions, by who asked; docs/json.md describes it. */
import type { RowHead } from './row-head.ts';

export interface ClientRow extends RowHead {
  readonly database: string | null;
  readonly user: string | null;
  /** application_name: '' where a session has given itself none; `<others>`: what had no row of its own. */
  readonly application: string;
  /** Address; `local`: by a Unix socket. */
  readonly client: string | null;
  readonly requests: number;
  readonly on_cpu_us: number;
  readonly off_cpu_us: number;
  readonly run_queue_us: number;
  /** Of all three. */
  readonly total_us: number;
}
