/** BTF: what the kernel's and programs' types look like; parsing, building, and values by type. */
export { Btf } from './btf.ts';
export { BtfBuilder } from './builder.ts';
export { cDeclaration, cDefinition } from './c.ts';
export { type BtfExt, type CoreKind, type CoreRelocation, parseBtfExt } from './ext.ts';
export {
  encodeFunctionInfo,
  encodeLineInfo,
  FUNC_INFO_SIZE,
  type FunctionRecord,
  LINE_INFO_SIZE,
  type LineRecord,
} from './info.ts';
export type { BtfKind, Linkage } from './kinds.ts';
export { alignOf, type FieldPlace, findField, placeOf, resolve, sizeOf } from './layout.ts';
export { findInModules, hasKernelBtf, kernelBtf, type ModuleType, moduleBtf, modulesWithBtf } from './open.ts';
export type * from './types.ts';
export { type BtfRecord, type BtfValue, formatValue, type ValueReader, valueReader } from './value.ts';
