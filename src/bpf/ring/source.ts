/** What ring buffers and perf buffers have in common: events that lie in memory until they are taken. */

/** Called for each event; its bytes are valid only during the call, and must not be written. */
export type OnEvent = (view: DataView, offset: number, length: number) => void;

export interface EventSource {
  /**
   * Hands over what is there, in order; at most `limit` events. Returns how many. What comes meanwhile is handed over, too, unless
   * `onlyWhatIsThere`: events that come faster than they are handled would keep the thread for ever.
   */
  poll(onEvent: OnEvent, limit?: number, onlyWhatIsThere?: boolean): number;
  /** Events that the kernel reports as lost (perf buffers); ring buffers leave counting to the program. */
  readonly lost: number;
  /** Part of it that is in use; absent where that is not known. */
  readonly fill?: number;
  close(): void;
}
