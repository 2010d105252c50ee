/** The time that a tool's rows are about, and what was lost in it. */

export class Window {
  #startMs = Date.now();
  #start = performance.now();
  #dropped = 0;

  get startMs(): number {
    return this.#startMs;
  }

  /** Events lost since the window began. */
  get dropped(): number {
    return this.#dropped;
  }

  microseconds(): number {
    return Math.round((performance.now() - this.#start) * 1000);
  }

  drop(events: number): void {
    this.#dropped += events;
  }

  /** The next one begins. */
  next(): void {
    this.#startMs = Date.now();
    this.#start = performance.now();
    this.#dropped = 0;
  }
}
