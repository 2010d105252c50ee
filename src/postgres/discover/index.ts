/** Finds the PostgreSQL clusters of this host through /proc, and opens the memory of their processes. */

export { type ChildProcess, type DiscoveredCluster, type Discovery, discoverClusters } from './discover.ts';
export { openLanguage } from './language.ts';
export { Newcomers } from './newcomers.ts';
export { listChildren, listPids, type ProcessStat, readInnermostPid, readStat, readText } from './proc.ts';
export { ProcessMemory } from './process-memory.ts';
export { profileOf } from './profile.ts';
export { type OpenSampler, openSampler } from './sampling.ts';
export { withServerImage } from './server-image.ts';
export { ServerProcesses } from './server-processes.ts';
