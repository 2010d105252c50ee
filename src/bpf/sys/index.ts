/** System calls of eBPF, thin: each returns its result or minus the errno; `must` makes an error of that. */
export { clockNs } from './clock.ts';
export { bpf, COMMAND } from './command.ts';
export { onlineCpus, parseCpuList, possibleCpus } from './cpus.ts';
export * from './errno.ts';
export { closeFd, pidfdOpen, threadsHaveDescriptors } from './fd.ts';
export * from './link-commands.ts';
export * from './map-commands.ts';
export { type Mapping, mapAt, mmap, pageSize } from './mmap.ts';
export { detachedMount } from './mount.ts';
export * from './object-commands.ts';
export * from './perf-event.ts';
export * from './program-commands.ts';
export { tracefs } from './tracefs.ts';
export { kernelVersion, packVersion } from './version.ts';
