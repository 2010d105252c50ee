/** Profiles in the formats of others. */
export { toCollapsed } from './collapsed.ts';
export { toPprof } from './pprof.ts';
export { toSpeedscope } from './speedscope.ts';
