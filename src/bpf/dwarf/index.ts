/** Debug information of user programs: functions with their parameters, types, source lines, inlined calls. */
export { Dwarf, type FunctionInfo, type Parameter, type SourceFrame } from './dwarf.ts';
export type { SourceLine } from './line/table.ts';
export { type DwarfPlaces, openDwarf } from './open.ts';
export type { LinePlaces } from './source-lines.ts';
export * from './type.ts';
export { typeText } from './type-name.ts';
export { isSigned } from './types.ts';
