/** Objects compiled by clang in the kernel that runs here: load, attach, read everything that they leave. */
export type { ObjectKernel, ObjectProgram, SpecOptions } from '../index.ts';
export { BpfObject } from '../index.ts';
export { type MapEntry, MapReader } from './contents.ts';
export { type EventCounts, type EventRecord, EventStreams } from './events.ts';
export { thisKernel } from './kernel.ts';
export { type LoadedObject, loadObject, openObject, type Unattached } from './load.ts';
export { type RecordSource, recordDecoder } from './records.ts';
export { type MapReport, ObjectRun, type ProgramReport } from './run.ts';
