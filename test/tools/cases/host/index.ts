/** Tools for the host, by the topics that they are listed under (src/toolbox/topics.ts). */
import { ANY_CODE } from './any-code.ts';
import { BLOCK_DEVICES } from './block-devices.ts';
import type { HostCase } from './case.ts';
import { CPUS } from './cpus.ts';
import { FILES } from './files.ts';
import { MEMORY } from './memory.ts';
import { NETWORK } from './network.ts';
import { PROCESSES } from './processes.ts';
import { SLEEPING } from './sleeping.ts';

export const HOST_CASES: readonly HostCase[] = [
  ...CPUS,
  ...SLEEPING,
  ...BLOCK_DEVICES,
  ...FILES,
  ...MEMORY,
  ...NETWORK,
  ...PROCESSES,
  ...ANY_CODE,
];
