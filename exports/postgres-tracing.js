/** The entry of src/postgres/tracing/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('postgres/tracing/index.ts');
export const postgresTarget = $source.postgresTarget;
export const serverBinary = $source.serverBinary;
