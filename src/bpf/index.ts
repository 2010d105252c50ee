/** eBPF for TypeScript: describe maps, programs and links; load, attach and read them. */
export * from '../base/record.ts';
export { Collection, loadCollection } from './collection.ts';
export { KernelTypes } from './collection-btf.ts';
export { attach, type FollowedLink, follow, Link, type Strategy } from './links/index.ts';
export * from './maps/index.ts';
export * from './programs/index.ts';
export {
  type EventSource,
  type OnEvent,
  PerfBuffer,
  Poller,
  type PollerOptions,
  RingBuffer,
  type RingWorker,
  type RingWorkerOptions,
  readOnThread,
} from './ring/index.ts';
export type * from './spec/index.ts';
export { clockNs, ESRCH, KernelError, onlineCpus, possibleCpus, tracefs } from './sys/index.ts';
