/** Programs: load them, understand why the verifier refuses one, count their runs. */

export type { RunStats } from '../sys/index.ts';
export { permissionHint } from './kinds.ts';
export { loadProgram } from './load.ts';
export { countRuns, Program } from './program.ts';
export { VerifierError } from './verifier-error.ts';
