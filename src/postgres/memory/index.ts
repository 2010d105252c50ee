/** Reads PostgreSQL's structures out of a process's memory. */

export { type Memory, pointerAt, readBlock, readI32, readPointer, readU32 } from './memory.ts';
