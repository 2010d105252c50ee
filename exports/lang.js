/** The entry of src/lang/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('lang/index.ts');
export const DEFAULT_SETTINGS = $source.DEFAULT_SETTINGS;
export const Diagnostics = $source.Diagnostics;
export const SYSTEM_MAPS = $source.SYSTEM_MAPS;
export const compile = $source.compile;
export const formatDiagnostics = $source.formatDiagnostics;
export const isSystemMap = $source.isSystemMap;
