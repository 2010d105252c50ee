/** The entry of src/bpf/object/host/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('bpf/object/host/index.ts');
export const BpfObject = $source.BpfObject;
export const EventStreams = $source.EventStreams;
export const MapReader = $source.MapReader;
export const ObjectRun = $source.ObjectRun;
export const loadObject = $source.loadObject;
export const openObject = $source.openObject;
export const recordDecoder = $source.recordDecoder;
export const thisKernel = $source.thisKernel;
