/** Stacks without frame pointers: a program that copies them, and a worker that walks them by .eh_frame. */
export type { OnStack, UnwoundStack } from './batch.ts';
export { UnwindTable } from './cfi/index.ts';
export { type FrameName, frameName } from './frame-name.ts';
export { type SampleLayout, STACK_BYTES, stackSample } from './sample.ts';
export { type StackSamplerOptions, stackSampler } from './sampler.ts';
export { type SimpleRow, simpleRows } from './simple-rows.ts';
export { UnwindTables } from './tables.ts';
export { unwindOnThread } from './unwind-on-thread.ts';
export { type StopReason, Unwinder, type UnwinderOptions } from './unwinder.ts';
export type { UnwindWorker, UnwindWorkerOptions } from './worker.ts';
