/** What the kernel counts of shortage: pressure of memory, kills, and time that a cgroup was throttled. */
import { readText } from '../../postgres/discover/index.ts';

/** Time in which some task waited for memory, since boot (Documentation/accounting/psi.rst); null without CONFIG_PSI. */
export function memoryStallUs(): number | null {
  const total = /^some .*total=(\d+)$/m.exec(readText('/proc/pressure/memory') ?? '')?.[1];
  return total === undefined ? null : Number(total);
}

export function oomKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readText('/proc/vmstat') ?? '')?.[1] ?? 0);
}

/** Throttled by cpu.max (v2) or cpu.cfs_quota_us (v1), in the process's group or one above; null where it has no limit to see. */
export function throttledUs(pid: number): number | null {
  const groups = readText(`/proc/${pid}/cgroup`) ?? '';
  const unified = /^0::(\/.*)$/m.exec(groups)?.[1];
  const legacy = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m.exec(groups)?.[1];
  const sums = [
    ...pathsUpFrom('/sys/fs/cgroup', unified).map((path) => numberOf(path, /^throttled_usec (\d+)$/m)),
    ...['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct'].flatMap((root) =>
      pathsUpFrom(root, legacy).map((path) => scaled(numberOf(path, /^throttled_time (\d+)$/m))),
    ),
  ].filter((sum) => sum !== null);
  return sums.length > 0 ? Math.max(...sums) : null;
}

function pathsUpFrom(root: string, group: string | undefined): string[] {
  const names = group?.split('/').filter(Boolean) ?? [];
  return names.map((_, at) => `${root}/${names.slice(0, at + 1).join('/')}/cpu.stat`);
}

function numberOf(path: string, pattern: RegExp): number | null {
  const found = pattern.exec(readText(path) ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

/** v1 counts in ns. */
const scaled = (ns: number | null): number | null => (ns === null ? null : ns / 1000);
