/** The entry of src/bpf/btf/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('bpf/btf/index.ts');
export const Btf = $source.Btf;
export const BtfBuilder = $source.BtfBuilder;
export const FUNC_INFO_SIZE = $source.FUNC_INFO_SIZE;
export const LINE_INFO_SIZE = $source.LINE_INFO_SIZE;
export const alignOf = $source.alignOf;
export const cDeclaration = $source.cDeclaration;
export const cDefinition = $source.cDefinition;
export const encodeFunctionInfo = $source.encodeFunctionInfo;
export const encodeLineInfo = $source.encodeLineInfo;
export const findField = $source.findField;
export const findInModules = $source.findInModules;
export const formatValue = $source.formatValue;
export const hasKernelBtf = $source.hasKernelBtf;
export const kernelBtf = $source.kernelBtf;
export const moduleBtf = $source.moduleBtf;
export const modulesWithBtf = $source.modulesWithBtf;
export const parseBtfExt = $source.parseBtfExt;
export const placeOf = $source.placeOf;
export const resolve = $source.resolve;
export const sizeOf = $source.sizeOf;
export const valueReader = $source.valueReader;
