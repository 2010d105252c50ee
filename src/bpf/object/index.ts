/** Objects compiled by clang (`.bpf.o`): read them, change their variables, turn them into collections. Pure. */
export type { Variable } from './data.ts';
export { type Hook, readSectionName, type SectionMeaning } from './hooks.ts';
export type { ObjectKernel } from './kernel.ts';
export type { LocalTypes } from './local-types.ts';
export { BpfObject, type ObjectProgram, type SpecOptions } from './object.ts';
