/** Runs eBPF in TypeScript, for tests without root. */

export { entriesOf } from './entries.ts';
export { type Environment, environment } from './environment.ts';
export { VmMap } from './maps.ts';
export { Memory } from './memory.ts';
export { Vm, type VmOptions } from './vm.ts';
