/** Events from programs: ring buffers, perf buffers where there are none, and the timer that reads them. */
export { PerfBuffer } from './perf-buffer.ts';
export { Poller, type PollerOptions } from './poller.ts';
export { readOnThread } from './read-on-thread.ts';
export { RingBuffer } from './ring-buffer.ts';
export type { EventSource, OnEvent } from './source.ts';
export type { RingWorker, RingWorkerOptions } from './worker.ts';
