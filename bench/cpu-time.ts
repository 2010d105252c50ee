/** CPU time of a process, of all its threads: by the scheduler's account, which counts nanoseconds, not ticks. */
import { readdirSync } from 'node:fs';
import { readText } from '../src/postgres/discover/index.ts';

/** ns so far; a thread that ends meanwhile has none. */
export const cpuNs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, tid) => sum + threadNs(`/proc/${pid}/task/${tid}/schedstat`), 0);

const threadNs = (path: string): number => Number(readText(path)?.split(' ')[0] ?? 0);
