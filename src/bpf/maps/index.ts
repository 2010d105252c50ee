/** Maps: tables that programs and this process share. `createMap` makes one from its spec, typed by it. */
export { ArenaMap } from './arena.ts';
export { type ArrayView, viewArray } from './array-view.ts';
export type { Chunk } from './batch.ts';
export type { Codec } from './codec.ts';
export { createMap, type KeyOf, type MapOf, openPinned, type ValueOf } from './create.ts';
export { MapHandle } from './handle.ts';
export { KeyedMap, type UpdateMode } from './keyed.ts';
export { MapOfMaps, ProgramArray } from './nested.ts';
export { BloomMap, QueueMap } from './queue.ts';
export { CgroupStorageMap, TaskStorageMap } from './storage.ts';
