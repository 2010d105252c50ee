/** What the live pages get: a snapshot with history once, then a frame a second over server-sent events. */
import type { QueryRow } from './query-row.ts';

/** Average number of active sessions by what they did, over one frame. */
export interface Load {
  /** RFC 3339, the end of the frame. */
  readonly at: string;
  /** By `CPU`, `Run queue` and the types of pg_stat_activity.wait_event_type; `Wait` where the type is not known. */
  readonly sessions: Readonly<Record<string, number>>;
}

export interface ClusterInfo {
  readonly pgdata: string;
  readonly major: number;
  readonly system_identifier: string;
}

export interface LiveFrame {
  readonly load: Load;
  /** Queries of the sliding window, those with the most time first. */
  readonly queries: readonly QueryRow[];
  readonly clusters: readonly ClusterInfo[];
  /** Clusters that run and are not watched, and why. */
  readonly refused: readonly { readonly pgdata: string; readonly reason: string }[];
  /** CPUs of this host: more active sessions on a CPU than these are not possible. */
  readonly cpus: number;
}

export interface LiveSnapshot {
  /** Oldest first. */
  readonly history: readonly Load[];
  readonly frame: LiveFrame;
}
