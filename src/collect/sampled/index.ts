/** Observation by samples, where root or eBPF is missing. */
export { SampledLocks } from './locks.ts';
export { sampledQueries, sampledWaits } from './rows.ts';
export { Sampled, type SampledOptions } from './sampled.ts';
export type { SampledReading } from './sums.ts';
