/** Starts a RingWorker; what it needs of Node is loaded only now. */
import type { MapHandle } from '../maps/index.ts';
import type { OnEvent } from './source.ts';
import type { RingWorker, RingWorkerOptions } from './worker.ts';

/** For those whose thread is busy for longer than the ring can hold events; others take a Poller, which copies nothing. */
export async function readOnThread(map: MapHandle, onEvent: OnEvent, options?: RingWorkerOptions): Promise<RingWorker> {
  const { RingWorker: Reader } = await import('./worker.ts');
  return new Reader(map, onEvent, options);
}
