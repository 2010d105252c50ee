/**
 * Reads a BPF ring buffer in place (kernel/bpf/ringbuf.c):
 *   page 0: consumer position, ours to write · page 1: producer position · then the data, mapped twice in a row,
 *   so that no record is ever split.
 * Positions only grow; a record starts at its position modulo the size:
 *   busy:1 · discarded:1 · length:30 · page:32 · data, padded to 8 bytes
 */
import type { MapHandle } from '../maps/index.ts';
import { type Mapping, mmap, pageSize } from '../sys/index.ts';
import type { EventSource, OnEvent } from './source.ts';

const HEADER = 8;
const DISCARDED = 1 << 30;
const LENGTH = DISCARDED - 1;

export class RingBuffer implements EventSource {
  /** Unknown to the kernel: see `mayHaveLost`. */
  readonly lost = 0;
  /** Bytes of data that fit. */
  readonly size: number;
  readonly #mask: number;
  readonly #mappings: readonly Mapping[];
  readonly #consumer: BigInt64Array;
  readonly #producer: Int32Array;
  readonly #words: Int32Array;
  readonly #data: DataView;
  #consumed: number;
  /** As the kernel knows it. */
  #given: number;
  /** Most bytes that were in use at once, and the most that a record takes. */
  #fullest = 0;
  #longest = 0;

  constructor(map: Pick<MapHandle, 'fd' | 'name' | 'maxEntries'>) {
    const doing = `mapping ring buffer "${map.name}"`;
    const page = pageSize();
    this.size = map.maxEntries;
    this.#mask = this.size - 1;
    const ours = mmap(map.fd, 0, page, true, doing);
    try {
      const theirs = mmap(map.fd, page, page + 2 * this.size, false, doing);
      this.#mappings = [ours, theirs];
      this.#consumer = new BigInt64Array(ours.memory, 0, 1);
      this.#producer = new Int32Array(theirs.memory, 0, 1);
      this.#words = new Int32Array(theirs.memory, page);
      this.#data = new DataView(theirs.memory, page);
    } catch (error) {
      ours.unmap();
      throw error;
    }
    this.#consumed = Number(this.#consumer[0]);
    this.#given = this.#consumed;
  }

  /** Bytes that wait to be read. */
  get waiting(): number {
    return (Atomics.load(this.#producer, 0) - this.#consumed) >>> 0;
  }

  get fill(): number {
    return this.waiting / this.size;
  }

  /**
   * False when no record as long as those that were read can have found the buffer full. The kernel counts no losses,
   * but positions only grow: what is in use before we give back is the most that was since we last did.
   */
  get mayHaveLost(): boolean {
    this.#measure();
    return this.#fullest + Math.max(this.#longest, HEADER) >= this.size;
  }

  poll(onEvent: OnEvent, limit = Number.POSITIVE_INFINITY, onlyWhatIsThere = false): number {
    const words = this.#words;
    const release = this.size >>> 2;
    let count = 0;
    try {
      // The lower halves suffice: a buffer has less than 2^32 bytes.
      let end = Atomics.load(this.#producer, 0);
      while (count < limit) {
        if ((this.#consumed | 0) === end) {
          if (onlyWhatIsThere) break;
          end = Atomics.load(this.#producer, 0);
          if ((this.#consumed | 0) === end) break;
        }
        const at = this.#consumed & this.#mask;
        const header = Atomics.load(words, at >>> 2);
        if (header < 0) break;
        const length = header & LENGTH;
        const taken = (length + HEADER + 7) & ~7;
        this.#consumed += taken;
        if (taken > this.#longest) this.#longest = taken;
        if ((header & DISCARDED) === 0) {
          count++;
          onEvent(this.#data, at + HEADER, length);
        }
        if (this.#consumed - this.#given >= release) this.#giveBack();
      }
    } finally {
      if (this.#given !== this.#consumed) this.#giveBack();
    }
    return count;
  }

  close(): void {
    for (const mapping of this.#mappings) mapping.unmap();
  }

  /** Lets the kernel write over what is read. A buffer that a callback closed has no positions any more. */
  #giveBack(): void {
    if (this.#consumer.length === 0) return;
    this.#measure();
    this.#given = this.#consumed;
    Atomics.store(this.#consumer, 0, BigInt(this.#consumed));
  }

  #measure(): void {
    if (this.#producer.length === 0) return;
    this.#fullest = Math.max(this.#fullest, (Atomics.load(this.#producer, 0) - this.#given) >>> 0);
  }
}
