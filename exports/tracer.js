/** The entry of src/tracer/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('tracer/index.ts');
export const FAILED = $source.FAILED;
export const Output = $source.Output;
export const Sink = $source.Sink;
export const machineHost = $source.machineHost;
export const probeFilter = $source.probeFilter;
export const readMap = $source.readMap;
export const readParts = $source.readParts;
export const runScript = $source.runScript;
export const startCommand = $source.startCommand;
export const trace = $source.trace;
export const watchProcess = $source.watchProcess;
