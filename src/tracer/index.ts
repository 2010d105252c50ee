/** Runs compiled scripts: loads them into the kernel, reads their events and prints what they say. */
export { Output } from './output.ts';
export { FAILED, type RunOptions, runScript } from './run.ts';
export { type Buffering, Sink } from './sink.ts';
export { startCommand, type Target, watchProcess } from './target.ts';
