/** Opens a discovered server for the resolver: its program's symbols, its mappings, its children's memory. */

import { existsSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { Elf, functionsMentioning } from '../../bpf/elf/index.ts';
import type { AddressRange, ChildImage, ServerImage } from '../layout/index.ts';
import type { DiscoveredCluster } from './discover.ts';
import { type Mapping, readMaps } from './maps.ts';
import { readInnermostPid, readLink, readText } from './proc.ts';
import { ProcessMemory } from './process-memory.ts';

/** More children than these prove nothing more. */
const WITNESSES = 16;

/** Calls `use` with the image; files are closed when it returns. What fails because the server ends meanwhile says so. */
export function withServerImage<Result>(cluster: DiscoveredCluster, use: (image: ServerImage) => Result): Result {
  try {
    return openImage(cluster, use);
  } catch (cause) {
    if (existsSync(cluster.exePath)) throw cause;
    throw new PebbleError('no-target', {
      doing: `reading the memory of postmaster ${cluster.pid}`,
      what: 'the server has ended',
      hint: 'try again once it runs',
      cause,
    });
  }
}

function openImage<Result>(cluster: DiscoveredCluster, use: (image: ServerImage) => Result): Result {
  const program = Elf.open(cluster.exePath);
  const memories: ProcessMemory[] = [];
  try {
    return use({ ...imageOf(cluster, program), children: openChildren(cluster, memories) });
  } finally {
    program.close();
    for (const memory of memories) memory.close();
  }
}

function imageOf(cluster: DiscoveredCluster, program: Elf): Omit<ServerImage, 'children'> {
  const maps = readMaps(cluster.pid);
  const exe = readLink(cluster.exePath);
  const own = maps.filter((mapping) => mapping.path === exe);
  const bias = loadBias(cluster, program, own);
  return {
    pid: cluster.pid,
    major: cluster.major,
    symbol: (name) => {
      const symbol = program.symbolTables().flatMap((table) => table.find(name) ?? [])[0];
      return symbol && symbol.address + bias;
    },
    mentioning: (text) => {
      const [start, another] = functionsMentioning(program, text);
      return start === undefined || another !== undefined ? undefined : start + bias;
    },
    code: codeOf(program, bias),
    data: variables(maps, own),
    shared: maps.filter((mapping) => mapping.shared),
  };
}

/** Difference between where the program says that it lies and where it does. */
function loadBias(cluster: DiscoveredCluster, program: Elf, own: readonly Mapping[]): number {
  for (const mapping of own) {
    const address = program.address(mapping.offset);
    if (address !== undefined) return mapping.start - address;
  }
  throw new PebbleError('layout', {
    doing: `looking for the program of postmaster ${cluster.pid} in its memory`,
    what: `none of its ${own.length} mappings belongs to a segment of the file`,
  });
}

function codeOf(program: Elf, bias: number): AddressRange {
  const section = program.section('.text');
  const start = (section?.address ?? 0) + bias;
  return { start, end: start + (section?.size ?? 0) };
}

/** From the program's first writable mapping to the end of .bss, which is the anonymous mapping that follows it. */
function variables(maps: readonly Mapping[], own: readonly Mapping[]): AddressRange {
  const writable = own.filter((mapping) => mapping.writable);
  const start = writable[0]?.start ?? 0;
  const fileEnd = writable.at(-1)?.end ?? 0;
  const bss = maps.find((mapping) => mapping.start === fileEnd && mapping.path === '');
  return { start, end: bss?.end ?? fileEnd };
}

function openChildren(cluster: DiscoveredCluster, opened: ProcessMemory[]): ChildImage[] {
  const children: ChildImage[] = [];
  for (const { pid } of cluster.children.slice(0, WITNESSES)) {
    const ownPid = readInnermostPid(pid);
    const title = readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trimEnd();
    if (ownPid === undefined || title === undefined) continue;
    const memory = openUnlessGone(pid);
    if (memory === undefined) continue;
    opened.push(memory);
    children.push({ pid: ownPid, title, memory });
  }
  return children;
}

function openUnlessGone(pid: number): ProcessMemory | undefined {
  try {
    return ProcessMemory.open(pid);
  } catch (error) {
    if (error instanceof PebbleError && error.code === 'no-target') return undefined;
    throw error;
  }
}
