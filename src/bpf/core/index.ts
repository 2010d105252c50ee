/** CO-RE: fits compiled instructions to the types of the kernel that runs them. */
export type { CoreTargets } from './candidates.ts';
export { Relocator } from './relocator.ts';
