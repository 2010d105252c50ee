/** BTF: what the kernel's and programs' types look like; parsing, building, and values by type. */
export { Btf } from './btf.ts';
export type { BtfKind, Linkage } from './kinds.ts';
export { alignOf, type FieldPlace, findField, resolve, sizeOf } from './layout.ts';
export { hasKernelBtf, kernelBtf, moduleBtf } from './open.ts';
export type * from './types.ts';
export { type BtfRecord, type BtfValue, formatValue, type ValueReader, valueReader } from './value.ts';
