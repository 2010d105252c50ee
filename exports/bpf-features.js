/** The entry of src/bpf/features/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('bpf/features/index.ts');
export const FEATURE_NAMES = $source.FEATURE_NAMES;
export const capabilities = $source.capabilities;
export const codeFeatures = $source.codeFeatures;
export const feature = $source.feature;
export const hasFeature = $source.hasFeature;
export const settings = $source.settings;
