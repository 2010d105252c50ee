/** Runs compiled scripts: loads them into the kernel, reads their events and prints what they say. */
export { machineHost } from './host/index.ts';
export { type Trace, type TraceEvent, type TraceMap, type TraceOptions, type TraceValue, trace } from './library.ts';
export { type MapLayout, readMap, readParts } from './map-access.ts';
export { Output, type Wording } from './output.ts';
export { probeFilter } from './probe-filter.ts';
export { FAILED, type RunOptions, runScript } from './run.ts';
export { type Buffering, Sink } from './sink.ts';
export { startCommand, type Target, watchProcess } from './target.ts';
