/** What the wait events of one major are called. */

export interface WaitClass {
  /** pg_stat_activity.wait_event_type */
  readonly type: string;
  /** Index = the low two bytes of wait_event_info, value = pg_stat_activity.wait_event; null for numbers not in use. */
  readonly names: readonly (string | null)[];
}

/** By class, the high byte of wait_event_info. */
export type WaitTable = Readonly<Record<number, WaitClass>>;
