/**
 * Reads a ring buffer on a thread of its own, so that events are not lost while this thread is busy. Events come
 * in batches, copied once: what a worker gains in patience it costs in copying.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadOptions } from '../../base/threads.ts';
import type { MapHandle } from '../maps/index.ts';
import type { PollerOptions } from './poller.ts';
import type { OnEvent } from './source.ts';

/** What the thread is told at its start. */
export interface RingWorkerSetup {
  readonly map: Pick<MapHandle, 'fd' | 'name' | 'maxEntries'>;
  readonly options: Pick<PollerOptions, 'busyMs' | 'idleMs'>;
  /** Bytes of a batch, at most. */
  readonly batchBytes: number;
  /** Bytes under way before the thread stops reading and lets the ring fill up. */
  readonly bytesAhead: number;
}

/** length:32 · padding:32 · data, padded to 8 bytes; one event after the other. */
export interface RingBatch {
  readonly count: number;
  readonly bytes: ArrayBuffer;
}

export const BATCH_HEADER = 8;
/** What the thread is told otherwise: how many bytes have been taken. */
export const STOP = -1;

export type RingWorkerOptions = Partial<Omit<RingWorkerSetup, 'map'>>;

export class RingWorker {
  readonly #worker: Worker;
  readonly #onEvent: OnEvent;
  /** Events handed over until now. */
  count = 0;

  constructor(map: MapHandle, onEvent: OnEvent, options: RingWorkerOptions = {}) {
    const setup: RingWorkerSetup = {
      map: { fd: map.fd, name: map.name, maxEntries: map.maxEntries },
      options: {},
      batchBytes: 1 << 20,
      bytesAhead: 64 << 20,
      ...options,
    };
    this.#onEvent = onEvent;
    this.#worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      ...threadOptions(),
      workerData: setup,
    });
    this.#worker.on('message', (batch: RingBatch) => {
      // First of all: the thread may go on while the events are worked on.
      this.#worker.postMessage(batch.bytes.byteLength);
      this.#handOver(batch);
    });
  }

  /** Reads what is left in the ring and ends the thread; every event has been handed over when this is done. */
  async stop(): Promise<void> {
    const exit = once(this.#worker, 'exit');
    this.#worker.postMessage(STOP);
    await exit;
  }

  #handOver({ count, bytes }: RingBatch): void {
    const view = new DataView(bytes);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const length = view.getUint32(at, true);
      this.count++;
      this.#onEvent(view, at + BATCH_HEADER, length);
      at += (BATCH_HEADER + length + 7) & ~7;
    }
  }
}
