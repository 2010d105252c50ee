/** Reads the script's ring buffer: often while events come, seldom while none do, at once when something wakes it. */

import type { RingBuffer } from '../bpf/ring/index.ts';
import { EVENT_ID_OFFSET } from '../lang/script.ts';
import type { Handler } from './dispatch.ts';

/** Milliseconds between looks while events come, and the longest while none do. */
const BUSY_MS = 1;
const IDLE_MS = 100;
/** Milliseconds of events before timers and signals get their turn. */
const TURN_MS = 50;
/** Events between two looks at the clock: few at first, for one event may start a program (system()). */
const FIRST_BATCH = 8;
const LARGEST_BATCH = 4096;

export interface PumpHooks {
  /** After every look, with the number of events that it found; true ends the run. */
  readonly isOver: (found: number) => boolean;
  /** Events are read but not handled while this is true: exit() has been called. */
  readonly isMuted: () => boolean;
}

export class Pump {
  readonly #ring: RingBuffer | undefined;
  readonly #handlers: readonly Handler[];
  readonly #hooks: PumpHooks;
  #wake: (() => void) | undefined;
  #behind = false;

  /** Without a ring there are no events: only the end of the run is waited for. */
  constructor(ring: RingBuffer | undefined, handlers: readonly Handler[], hooks: PumpHooks) {
    this.#ring = ring;
    this.#handlers = handlers;
    this.#hooks = hooks;
  }

  /** Until the run is over. */
  async run(): Promise<void> {
    let pause = BUSY_MS;
    for (;;) {
      const found = this.#look();
      if (this.#hooks.isOver(found)) return;
      pause = found > 0 ? BUSY_MS : Math.min(2 * pause, IDLE_MS);
      await this.#sleep(this.#behind ? 0 : pause);
    }
  }

  /** Handles everything that is there now; gives how many events that was. */
  drain(): number {
    let all = 0;
    for (let found = this.#look(); found > 0; found = this.#look()) all += found;
    return all;
  }

  /** The last look left events for the next one: they come faster than they are handled. */
  get isBehind(): boolean {
    return this.#behind;
  }

  /** Ends the pause: there is something to look at. */
  wake(): void {
    this.#wake?.();
  }

  #look(): number {
    // The clock of `performance` is a module to load: only for those who have to look at it.
    let end: number | undefined;
    let found = 0;
    let batch = FIRST_BATCH;
    do {
      const count = this.#ring?.poll(this.#onEvent, batch) ?? 0;
      found += count;
      this.#behind = count === batch;
      batch = Math.min(2 * batch, LARGEST_BATCH);
      if (!this.#behind) return found;
      end ??= performance.now() + TURN_MS;
    } while (performance.now() < end);
    return found;
  }

  readonly #onEvent = (view: DataView, offset: number): void => {
    if (!this.#hooks.isMuted()) this.#handlers[view.getUint32(offset + EVENT_ID_OFFSET, true)]!(view, offset);
  };

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
