/** What some kernels do wrong with uprobes, and no attempt to attach shows: told as warnings of the link. */
import { readdirSync, readFileSync } from 'node:fs';
import { kernelVersion, packVersion } from '../sys/index.ts';

export interface ProbedSites {
  readonly binary: string;
  readonly atReturn: boolean;
  readonly pid?: number;
}

const before = (version: number, text: string) => version < packVersion(text);

/** By uprobe_multi: its filter compared threads instead of processes (kernel/trace/bpf_trace.c, uprobe_prog_run). */
export function multiRisks({ pid }: ProbedSites, version = kernelVersion()): string[] {
  if (pid === undefined || !before(version, '6.10')) return [];
  return [
    `before Linux 6.10 only the first thread of process ${pid} is seen: leave the process out and compare in the program`,
  ];
}

/**
 * Since Linux 6.11 probed functions return through a system call, which filters of seccomp did not know until 6.14
 * (and 6.12.13, 6.13.2): the process was killed.
 */
export function returnRisks(sites: ProbedSites, version = kernelVersion()): string[] {
  if (!sites.atReturn || process.arch !== 'x64' || !killsFiltered(version)) return [];
  const filtered = (sites.pid === undefined ? processesOf(sites.binary) : [sites.pid]).filter(isFiltered);
  if (filtered.length === 0) return [];
  return [
    `this kernel may kill process ${filtered.join(', ')}, which has a seccomp filter, when the function returns: probe the entry instead`,
  ];
}

function killsFiltered(version: number): boolean {
  if (before(version, '6.11') || !before(version, '6.14')) return false;
  return before(version, '6.12.13') || (!before(version, '6.13') && before(version, '6.13.2'));
}

function isFiltered(pid: number): boolean {
  return /^Seccomp:\t2$/m.test(read(`/proc/${pid}/status`));
}

/** Cheap ones first: few processes have a filter. */
function processesOf(binary: string): number[] {
  const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return pids.filter((pid) => isFiltered(pid) && read(`/proc/${pid}/maps`).includes(binary));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended, or is not ours to look at.
    return '';
  }
}
