/** What waits to be written: kept in memory, within a bound, while a disk is full or a server is away; then written in order. */

interface Waiting<T> {
  readonly item: T;
  readonly size: number;
}

export class Outbox<T> {
  readonly #write: (item: T) => void | Promise<void>;
  /** Of all that wait together. */
  readonly #bound: number;
  #waiting: Waiting<T>[] = [];
  #draining: Promise<void> | undefined;
  /** Items given up: the oldest ones, when there was no room. */
  lost = 0;
  /** Why the last attempt failed; null when it did not. */
  trouble: string | null = null;

  /** `write` writes an item once, however often it is called: it may have been written although the call failed. */
  constructor(write: (item: T) => void | Promise<void>, bound: number) {
    this.#write = write;
    this.#bound = bound;
  }

  get pending(): number {
    return this.#waiting.length;
  }

  /** Resolves when everything is written, or when an attempt failed: then this and what comes later wait for the next call. */
  async put(item: T, size: number): Promise<void> {
    this.#waiting.push({ item, size });
    this.#makeRoom();
    await this.drain();
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const first = this.#waiting[0]!;
        await this.#write(first.item);
        if (this.#waiting[0] === first) this.#waiting.shift();
      }
      this.trouble = null;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
  }

  /** The newest stays, whatever its size. */
  #makeRoom(): void {
    let size = this.#waiting.reduce((sum, one) => sum + one.size, 0);
    while (size > this.#bound && this.#waiting.length > 1) {
      size -= this.#waiting.shift()!.size;
      this.lost++;
    }
  }
}
