/**
 * Reads an event source again and again: often while events come, seldom while none do. Programs write without
 * wake-ups (BPF_RB_NO_WAKEUP), because a wake-up costs the traced process 3–5 µs an event.
 */
import type { EventSource, OnEvent } from './source.ts';

export interface PollerOptions {
  /** Pause while events come, milliseconds. */
  readonly busyMs?: number;
  /** Longest pause while none come: how late the first event may be seen. */
  readonly idleMs?: number;
  /** While less than this part of the source is in use it is not busy, events or not: for those who need none at once. */
  readonly calmBelow?: number;
  /** Events before other work of this thread gets its turn. */
  readonly limit?: number;
  /** A callback threw; without this the error becomes an uncaught exception. */
  readonly onError?: (error: unknown) => void;
}

export class Poller {
  readonly #source: EventSource;
  readonly #onEvent: OnEvent;
  readonly #options: Required<Omit<PollerOptions, 'onError'>> & Pick<PollerOptions, 'onError'>;
  #pause: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(source: EventSource, onEvent: OnEvent, options: PollerOptions = {}) {
    this.#source = source;
    this.#onEvent = onEvent;
    this.#options = { busyMs: 1, idleMs: 100, calmBelow: 0, limit: 200_000, ...options };
    this.#pause = this.#options.busyMs;
    this.#schedule(this.#pause);
  }

  /** Reads all that is there now. */
  drain(): number {
    return this.#source.poll(this.#onEvent, undefined, true);
  }

  /** Ends the timer; what is unread stays in the buffer, for `drain`. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(pause: number): void {
    if (!this.#stopped) this.#timer = setTimeout(this.#tick, pause);
  }

  readonly #tick = (): void => {
    const { busyMs, idleMs, calmBelow, limit, onError } = this.#options;
    const isCalm = (this.#source.fill ?? 1) < calmBelow;
    let count = 0;
    try {
      count = this.#source.poll(this.#onEvent, limit, true);
    } catch (error) {
      this.#schedule(busyMs);
      if (onError === undefined) throw error;
      onError(error);
      return;
    }
    this.#pause = count > 0 && !isCalm ? busyMs : Math.min(this.#pause * 2, idleMs);
    this.#schedule(count >= limit ? 0 : this.#pause);
  };
}
