/** The entry of src/lang/assist/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('lang/assist/index.ts');
export const complete = $source.complete;
export const diagnose = $source.diagnose;
