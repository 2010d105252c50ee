/** Objects compiled by clang in the kernel that runs here: load, attach, read everything that they leave. */
export { thisKernel } from './kernel.ts';
export { type LoadedObject, loadObject, openObject, type Unattached } from './load.ts';
