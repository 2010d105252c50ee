/** The entry of src/bpf/unwind/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('bpf/unwind/index.ts');
export const STACK_BYTES = $source.STACK_BYTES;
export const UnwindTable = $source.UnwindTable;
export const UnwindTables = $source.UnwindTables;
export const Unwinder = $source.Unwinder;
export const frameName = $source.frameName;
export const simpleRows = $source.simpleRows;
export const stackSample = $source.stackSample;
export const stackSampler = $source.stackSampler;
export const unwindOnThread = $source.unwindOnThread;
