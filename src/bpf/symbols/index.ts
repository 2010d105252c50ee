/** Addresses to names: the kernel's symbols, and those of processes; files by their build ids. */
export { filesWithBuildId, type RunningFile } from './build-ids.ts';
export { demangle } from './demangle.ts';
export { type KernelPlace, KernelSymbols } from './kernel.ts';
export { mappedFileKey, openMapped, VDSO } from './mapped-file.ts';
export { findMapping, type Mapping, mappingsOf, parseMaps, readMaps } from './maps.ts';
export { type UserPlace, UserSymbols } from './user.ts';
