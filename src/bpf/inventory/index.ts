/** What of eBPF is on this host: objects in the kernel, and who holds them there. */
export { type Held, heldBy, heldByFile, listHolders } from './holders.ts';
export { type HeldKind, isInKernel, type KernelObject, listObjects, readObject } from './objects.ts';
export { listPins, type Pin } from './pins.ts';
export { listProgramEntries, type ProgramEntry } from './program-entries.ts';
