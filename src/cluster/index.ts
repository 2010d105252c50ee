/** Starts throw-away PostgreSQL clusters of our own (npm's builds, Debian's): for the demo, the tests and the benchmarks. */

export { type Binaries, type Flavour, findDebianMajors, requestedMajors } from './binaries.ts';
export { type Cluster, type ClusterOptions, startCluster } from './cluster.ts';
export { EMBEDDED_VERSIONS, installMajor } from './install.ts';
export { sweepOrphans } from './rundir.ts';
