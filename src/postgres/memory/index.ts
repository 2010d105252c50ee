/** Reads PostgreSQL's structures out of a process's memory. */

export { type BackendStatus, clientAddress, decodeBackendStatus, momentOf } from './backend-status.ts';
export { LOCK_CONFLICTS, LOCK_MODES, lockMode, strongestMode } from './lock-modes.ts';
export { decodeLockTag, type LockTag } from './lock-tag.ts';
export { type LockBlocker, LockReader, type LockWait } from './locks.ts';
export { type Memory, pointerAt, readBlock, readCString, readI32, readPointer, readU32 } from './memory.ts';
export { type BackendSample, BackendSampler, type StatementText } from './sampler.ts';
export { readSessionNames, type SessionNames } from './session.ts';
export { type BackendArrays, locateBackends } from './slots.ts';
