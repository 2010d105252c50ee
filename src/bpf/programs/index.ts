/** Programs: load them, understand why the verifier refuses one, count their runs. */
export { permissionHint } from './kinds.ts';
export { loadProgram } from './load.ts';
export { countRuns, Program, type RunStats } from './program.ts';
export { VerifierError } from './verifier-error.ts';
