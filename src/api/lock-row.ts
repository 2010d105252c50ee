/** A row of `pebble locks --json` and of the HTTP API, as docs/json.md describes it. */
import type { RowHead } from './row-head.ts';

export interface LockRow extends RowHead {
  readonly database: string | null;
  readonly waiter_pid: number;
  readonly waiter_backend_type: string | null;
  readonly waiter_user: string | null;
  readonly waiter_application: string | null;
  readonly waiter_query_id: string | null;
  readonly waiter_fingerprint: string | null;
  readonly waiter_query: string | null;
  /** What it executed inside of that, as in wait rows. */
  readonly waiter_inner_query: string | null;
  readonly waiter_inner_fingerprint: string | null;
  /** 0: a prepared transaction; null: it was gone before it was seen. */
  readonly blocker_pid: number | null;
  readonly blocker_backend_type: string | null;
  readonly blocker_user: string | null;
  readonly blocker_application: string | null;
  /** pg_stat_activity.state, or `prepared transaction`. */
  readonly blocker_state: string | null;
  readonly blocker_query_id: string | null;
  readonly blocker_fingerprint: string | null;
  readonly blocker_query: string | null;
  readonly blocker_inner_query: string | null;
  readonly blocker_inner_fingerprint: string | null;
  /** Who blocks all of the chain; null in a deadlock, and with blocker_pid. */
  readonly root_pid: number | null;
  /** pg_locks.locktype. */
  readonly lock_type: string;
  /** OID. */
  readonly relation: string | null;
  /** Null where nothing tells it: an agent with an SQL connection does. */
  readonly relation_name: string | null;
  readonly transaction_id: string | null;
  /** pg_locks.mode of the waiter. */
  readonly mode: string;
  /** The strongest conflicting mode that the blocker holds; null: it waits itself, ahead in the queue. */
  readonly blocker_mode: string | null;
  /** At the end of the window. */
  readonly waiting: boolean;
  readonly count: number;
  readonly wait_us: number;
  readonly max_us: number;
}
