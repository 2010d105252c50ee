/** The entry of src/bpf/symbols/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('bpf/symbols/index.ts');
export const KernelSymbols = $source.KernelSymbols;
export const UserSymbols = $source.UserSymbols;
export const VDSO = $source.VDSO;
export const demangle = $source.demangle;
export const filesWithBuildId = $source.filesWithBuildId;
export const findMapping = $source.findMapping;
export const mappedFileKey = $source.mappedFileKey;
export const mappingsOf = $source.mappingsOf;
export const openMapped = $source.openMapped;
export const parseMaps = $source.parseMaps;
export const readMaps = $source.readMaps;
