/**
 * Unwound stacks on their way between threads, one after the other in one buffer:
 *   frames:32 · reason:8 · guessed frames:24 · what the event had before its registers, padded to 8 bytes
 *   · an address per frame, 64-bit float · the start of its function, likewise
 */
import type { StopReason, Unwinder } from './unwinder.ts';

/** One stack; its views are of use only while it is handed over. */
export interface UnwoundStack {
  /** The event's bytes before its registers. */
  readonly event: DataView;
  readonly reason: StopReason;
  /** Frames whose caller was found without a table. */
  readonly guessed: number;
  /** Innermost first. */
  readonly addresses: Float64Array;
  /** Where each frame's function starts, as linked; NaN where it is not known. */
  readonly starts: Float64Array;
}

export type OnStack = (stack: UnwoundStack) => void;

const REASONS: readonly StopReason[] = ['root', 'truncated', 'no unwind info', 'bad'];
const HEADER = 8;
const FRAME = 16;
const FIRST_BYTES = 1 << 16;

const padded = (bytes: number): number => (bytes + 7) & ~7;

export class StackBatchWriter {
  readonly #eventBytes: number;
  #bytes = new ArrayBuffer(FIRST_BYTES);
  #view = new DataView(this.#bytes);
  #used = 0;

  constructor(eventBytes: number) {
    this.#eventBytes = eventBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** The stack that the unwinder has just walked, of the event at `offset`. */
  add(unwinder: Unwinder, reason: StopReason, view: DataView, offset: number): void {
    const { count, guessed, addresses, starts } = unwinder;
    const at = this.#used;
    const frames = at + HEADER + padded(this.#eventBytes);
    this.#used = frames + count * FRAME;
    this.#grow();
    this.#view.setUint32(at, count, true);
    this.#view.setUint32(at + 4, REASONS.indexOf(reason) | (guessed << 8), true);
    new Uint8Array(this.#bytes, at + HEADER, this.#eventBytes).set(
      new Uint8Array(view.buffer, view.byteOffset + offset, this.#eventBytes),
    );
    const numbers = new Float64Array(this.#bytes, frames, 2 * count);
    numbers.set(addresses.subarray(0, count));
    numbers.set(starts.subarray(0, count), count);
  }

  /** All that was added since the last time; undefined when that is nothing. */
  take(): ArrayBuffer | undefined {
    if (this.#used === 0) return undefined;
    const batch = this.#bytes.slice(0, this.#used);
    this.#used = 0;
    return batch;
  }

  #grow(): void {
    if (this.#used <= this.#bytes.byteLength) return;
    this.#bytes = this.#bytes.transfer(Math.max(this.#used, 2 * this.#bytes.byteLength));
    this.#view = new DataView(this.#bytes);
  }
}

/** Says how many there were. */
export function readStacks(batch: ArrayBuffer, eventBytes: number, onStack: OnStack): number {
  const view = new DataView(batch);
  let stacks = 0;
  for (let at = 0; at < batch.byteLength; stacks++) {
    const count = view.getUint32(at, true);
    const word = view.getUint32(at + 4, true);
    const frames = at + HEADER + padded(eventBytes);
    onStack({
      event: new DataView(batch, at + HEADER, eventBytes),
      reason: REASONS[word & 0xff]!,
      guessed: word >>> 8,
      addresses: new Float64Array(batch, frames, count),
      starts: new Float64Array(batch, frames + 8 * count, count),
    });
    at = frames + count * FRAME;
  }
  return stacks;
}
