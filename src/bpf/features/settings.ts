/** Settings of the kernel that stand in the way of tracing. */
import { readFileSync } from 'node:fs';

export interface Setting {
  readonly name: string;
  readonly value: string;
  /** What to do; absent where all is well. */
  readonly advice?: string;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** "none [integrity] confidentiality": the one in brackets holds. */
export function lockdown(text = read('/sys/kernel/security/lockdown') ?? ''): Setting {
  const value = /\[(\w+)\]/.exec(text)?.[1] ?? 'none';
  const confidential = value === 'confidentiality';
  return {
    name: 'lockdown',
    value,
    ...(confidential && { advice: 'programs may not read kernel memory: boot with lockdown=integrity, or without' }),
  };
}

function jit(): Setting {
  const value = read('/proc/sys/net/core/bpf_jit_enable') ?? 'always';
  return {
    name: 'net.core.bpf_jit_enable',
    value,
    ...(value === '0' && { advice: 'programs run 4 times slower: set it to 1' }),
  };
}

function statistics(): Setting {
  const value = read('/proc/sys/kernel/bpf_stats_enabled') ?? 'unknown';
  return {
    name: 'kernel.bpf_stats_enabled',
    value,
    ...(value === '1' && { advice: 'every program runs 20–50 ns longer for being timed: set it to 0' }),
  };
}

/** Debian and Ubuntu add levels above 2, on which CAP_PERFMON no longer suffices. */
function paranoia(): Setting {
  const value = read('/proc/sys/kernel/perf_event_paranoid') ?? 'unknown';
  return {
    name: 'kernel.perf_event_paranoid',
    value,
    ...(Number(value) > 2 && { advice: 'without CAP_SYS_ADMIN there are no samples and no watchpoints: set it to 2' }),
  };
}

export function settings(): Setting[] {
  return [lockdown(), jit(), statistics(), paranoia()];
}
