/** Loads on memory: processes in a small memory cgroup, and pages that must be read in. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageSize } from '../../../src/bpf/sys/index.ts';

const MIB = 1024 * 1024;
const LIMIT = 16 * MIB;

interface Hierarchy {
  readonly root: string;
  readonly limit: string;
  readonly noSwap: readonly [file: string, value: string];
}

/** cgroup v1, which some hosts still have, and v2. */
const HIERARCHIES: readonly Hierarchy[] = [
  {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    noSwap: ['memory.swappiness', '0'],
  },
  {
    root: '/sys/fs/cgroup',
    limit: 'memory.max',
    noSwap: ['memory.swap.max', '0'],
  },
];

function hierarchy(): Hierarchy | undefined {
  return HIERARCHIES.find(({ root, limit }) => {
    const folder = join(root, `pebble-probe-${process.pid}`);
    try {
      mkdirSync(folder);
      const found = existsSync(join(folder, limit));
      rmdirSync(folder);
      return found;
    } catch {
      return false;
    }
  });
}

/** For `skip`. */
export function noMemoryCgroup(): string | false {
  return hierarchy() === undefined && 'no cgroup with a limit of memory can be made here';
}

function inCgroup(action: (folder: string) => void): void {
  const found = hierarchy()!;
  const folder = join(found.root, `pebble-tools-${process.pid}`);
  mkdirSync(folder);
  try {
    if (existsSync(join(folder, found.noSwap[0]))) writeFileSync(join(folder, found.noSwap[0]), found.noSwap[1]);
    writeFileSync(join(folder, found.limit), String(LIMIT));
    action(folder);
  } finally {
    rmdirSync(folder);
  }
}

/** From now on the process may take no more than this; call what is returned when it has ended. */
export function limitMemory(pid: number, bytes: number): () => void {
  const { root, limit, noSwap } = hierarchy()!;
  const folder = join(root, `pebble-limit-${process.pid}`);
  mkdirSync(folder);
  if (existsSync(join(folder, noSwap[0]))) writeFileSync(join(folder, noSwap[0]), noSwap[1]);
  writeFileSync(join(folder, limit), String(bytes));
  writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  return () => rmdirSync(folder);
}

const ddIn = (folder: string, ...args: string[]) =>
  spawnSync('sh', ['-c', `echo $$ > ${folder}/cgroup.procs; exec dd "$@"`, 'sh', ...args], { encoding: 'utf8' });

/** Processes that want a buffer of more than they may have; prints their pids. */
export function killed(count: number): void {
  inCgroup((folder) => {
    for (let i = 0; i < count; i++) {
      const { pid, signal } = ddIn(folder, 'if=/dev/zero', 'of=/dev/null', `bs=${4 * LIMIT}`, 'count=1');
      if (signal !== 'SIGKILL') throw new Error(`dd ended by ${signal}`);
      process.stdout.write(`${pid} `);
    }
  });
}

/** Reads a file that is larger than the page cache of its cgroup may be; prints how often ftrace saw it begin to free memory for that. */
export async function reclaimed(path: string): Promise<void> {
  const { tracedMeanwhile } = await import('./ftrace.ts');
  spawnSync('dd', ['if=/dev/zero', `of=${path}`, `bs=${MIB}`, 'count=96', 'conv=fsync']);
  forgetCached(path);
  inCgroup((folder) => {
    const begun = ['vmscan:mm_vmscan_memcg_reclaim_begin', 'vmscan:mm_vmscan_direct_reclaim_begin'];
    const lines = tracedMeanwhile(begun, () => {
      spawnSync('sh', ['-c', `echo $$ > ${folder}/cgroup.procs; exec cat "$0"`, path], { stdio: 'ignore' });
    });
    process.stdout.write(String(lines.filter((line) => /^\s*cat-\d/.test(line)).length));
  });
}

/** Documented use of dd: with no block to copy, nocache drops the whole file from the page cache. */
function forgetCached(path: string): void {
  spawnSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0']);
}

/** Constants of asm-generic/mman-common.h. */
const [PROT_READ, MAP_SHARED, MADV_RANDOM] = [1, 1, 1];

/** Maps pages of a file that are not in the page cache, and touches each: without read-ahead each is a major fault, but for the last, which may still be cached. */
export async function majorFaults(path: string, count: number): Promise<void> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  const map = libc.func('void *mmap(void *, size_t, int, int, int, int64)');
  const advise = libc.func('int madvise(void *, size_t, int)');
  const size = pageSize();
  writeFileSync(path, Buffer.alloc(count * size, 1));
  forgetCached(path);
  const fd = openSync(path, 'r');
  const address = map(null, count * size, PROT_READ, MAP_SHARED, fd, 0);
  if (advise(address, count * size, MADV_RANDOM) !== 0) throw new Error('madvise failed');
  for (let page = 0; page < count; page++) {
    if (koffi.decode(address, page * size, 'uint8') !== 1) throw new Error(`page ${page} is another`);
  }
  closeSync(fd);
}
