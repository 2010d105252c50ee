/** What happens now: the load of a second, and what is watched. */

/** Average number of active sessions by what they did, over one frame. */
export interface Load {
  /** RFC 3339, the end of the frame. */
  readonly at: string;
  /** By `CPU`, `Run queue` and the types of pg_stat_activity.wait_event_type; `Kernel` where PostgreSQL names no event. */
  readonly sessions: Readonly<Record<string, number>>;
}

export interface ClusterInfo {
  readonly pgdata: string;
  readonly major: number;
  readonly system_identifier: string;
}
