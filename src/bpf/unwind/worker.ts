/**
 * Unwinds on a thread of its own, so that this one is not disturbed: either that thread reads a ring of samples
 * itself, or it gets single events that came with others in a ring that is read here.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadOptions } from '../../base/threads.ts';
import type { Arch } from '../elf/index.ts';
import type { MapHandle } from '../maps/index.ts';
import { type OnStack, readStacks } from './batch.ts';
import type { SampleLayout } from './sample.ts';

export interface UnwindWorkerOptions {
  readonly arch: Arch;
  readonly layout: SampleLayout;
  /** A ring of nothing but samples. */
  readonly ring?: MapHandle;
  /** Frames of one stack, at most. */
  readonly maxFrames?: number;
  /** Memory for tables. */
  readonly tableBytes?: number;
  /** The ring is read this often while samples come, and as seldom as this while none do. */
  readonly busyMs?: number;
  readonly idleMs?: number;
}

/** What the thread is told at its start. */
export interface UnwindSetup extends Omit<UnwindWorkerOptions, 'ring'> {
  readonly ring: Pick<MapHandle, 'fd' | 'name' | 'maxEntries'> | undefined;
  /** Results under way, in bytes, before the thread stops reading and lets the ring fill up. */
  readonly bytesAhead: number;
}

/** What the thread is told otherwise. */
export type ToThread =
  /** Events of equal length, one after the other. */
  | { readonly kind: 'samples'; readonly bytes: ArrayBuffer; readonly size: number }
  /** The process may be gone when its first sample is looked at. */
  | { readonly kind: 'remember' | 'forget'; readonly pid: number }
  /** The results have been read. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'stop' };

/** What it answers: results, and how many bytes of `samples` it has read. */
export interface FromThread {
  readonly stacks: ArrayBuffer | undefined;
  readonly read: number;
}

const BYTES_AHEAD = 16 << 20;
/** Samples that wait for the thread; more are dropped. */
const SAMPLES_AHEAD = 64 << 20;
/** Samples are sent in pieces of this size, or when this thread has nothing else to do. */
const PIECE = 1 << 20;

export class UnwindWorker {
  readonly #worker: Worker;
  readonly #onStack: OnStack;
  readonly #eventBytes: number;
  #pending = new Uint8Array(0);
  #used = 0;
  #size = 0;
  #ahead = 0;
  #timer: NodeJS.Immediate | undefined;
  /** Stacks handed over until now. */
  count = 0;
  /** Samples that were not taken because the thread was too far behind. */
  dropped = 0;

  constructor(options: UnwindWorkerOptions, onStack: OnStack) {
    const { ring, ...rest } = options;
    const setup: UnwindSetup = {
      ...rest,
      ring: ring && { fd: ring.fd, name: ring.name, maxEntries: ring.maxEntries },
      bytesAhead: BYTES_AHEAD,
    };
    this.#onStack = onStack;
    this.#eventBytes = options.layout.registers;
    this.#worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      ...threadOptions(),
      workerData: setup,
    });
    this.#worker.on('message', (message: FromThread) => this.#take(message));
  }

  /** Copies one event; all have the same length. False when it was dropped. */
  add(view: DataView, offset: number, length: number): boolean {
    if (this.#ahead + this.#used + length > SAMPLES_AHEAD) {
      this.dropped++;
      return false;
    }
    if (this.#used + length > this.#pending.length) this.#flush();
    if (this.#pending.length === 0) this.#pending = new Uint8Array(Math.max(PIECE - (PIECE % length), length));
    this.#pending.set(new Uint8Array(view.buffer, view.byteOffset + offset, length), this.#used);
    this.#used += length;
    this.#size = length;
    this.#timer ??= setImmediate(() => this.#flush());
    return true;
  }

  /** Reads the process's mappings now, so that its stacks can be unwound after it has ended. */
  remember(pid: number): void {
    this.#post({ kind: 'remember', pid });
  }

  /** When a pid is known to have ended, or to run another program since execve. */
  forget(pid: number): void {
    this.#post({ kind: 'forget', pid });
  }

  /** Unwinds what is left and ends the thread; every stack has been handed over when this is done. */
  async stop(): Promise<void> {
    this.#flush();
    const exit = once(this.#worker, 'exit');
    this.#post({ kind: 'stop' });
    await exit;
  }

  #flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    if (this.#used === 0) return;
    const bytes = this.#pending.buffer.slice(0, this.#used) as ArrayBuffer;
    this.#ahead += bytes.byteLength;
    this.#used = 0;
    this.#post({ kind: 'samples', bytes, size: this.#size }, [bytes]);
  }

  #take({ stacks, read }: FromThread): void {
    this.#ahead -= read;
    if (stacks === undefined) return;
    // First of all: the thread may go on while the stacks are worked on.
    this.#post({ kind: 'taken', bytes: stacks.byteLength });
    this.count += readStacks(stacks, this.#eventBytes, this.#onStack);
  }

  #post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
