/** Programs on perf events: a bpf link where the kernel has it (Linux 5.15), else the older ioctl. */
import { readFileSync } from 'node:fs';
import {
  closeFd,
  E2BIG,
  EACCES,
  ENOENT,
  EPERM,
  ESRCH,
  linkPerfEvent,
  must,
  needs,
  type PerfEventAttr,
  perfEventOpen,
  perfIoctl,
} from '../sys/index.ts';
import type { Strategy } from './link.ts';

/** Keeps a link's descriptor before its event's. */
export interface PerfAttachment {
  readonly strategy: Strategy & ('perf_link' | 'ioctl');
  readonly fds: readonly number[];
  readonly warnings: readonly string[];
}

/**
 * Attaches a program to an open event, which this owns from here on: it is closed on failure. Events of tracepoints call
 * it without being enabled; an enabled one would also make samples of whatever the program lets pass.
 */
export function attachToEvent(
  program: number,
  event: number,
  cookie: bigint | undefined,
  doing: string,
  { enable = true } = {},
): PerfAttachment {
  const link = linkPerfEvent(program, event, cookie);
  try {
    if (link >= 0) {
      if (enable) must(perfIoctl(event, 'enable'), doing);
      return { strategy: 'perf_link', fds: [link, event], warnings: [] };
    }
    must(perfIoctl(event, 'setBpf', program), doing, attachHint);
    if (enable) must(perfIoctl(event, 'enable'), doing);
  } catch (error) {
    if (link >= 0) closeFd(link);
    closeFd(event);
    throw error;
  }
  const warnings = cookie ? ['this kernel has no cookies for this kind of probe (Linux 5.15): the program sees 0'] : [];
  return { strategy: 'ioctl', fds: [event], warnings };
}

/** BPF_TRACE_MAX_PROGS, kernel/trace/bpf_trace.c: of all tracers together. */
function attachHint(errno: number): string | undefined {
  return errno === E2BIG
    ? 'the kernel runs at most 64 programs on one event: put several bodies into one probe, or end other tracers'
    : undefined;
}

/** Opens an event, for `attachToEvent` to own. */
export function openEvent(attr: PerfEventAttr, pid: number, cpu: number, doing: string): number {
  return must(perfEventOpen(attr, pid, cpu), doing, eventHint);
}

function eventHint(errno: number): string | undefined {
  if (errno === ENOENT) return 'this machine has no such event';
  if (errno === ESRCH) return 'the process has ended';
  if (errno === EPERM || errno === EACCES) return needs('CAP_PERFMON, for probes CAP_SYS_ADMIN');
  return undefined;
}

/** Opens and attaches many events as one; all or none. */
export function attachToEvents<T>(
  items: readonly T[],
  one: (item: T) => PerfAttachment,
): Pick<PerfAttachment, 'strategy' | 'fds' | 'warnings'> {
  const done: PerfAttachment[] = [];
  try {
    for (const item of items) done.push(one(item));
  } catch (error) {
    for (const fd of done.flatMap(({ fds }) => fds)) closeFd(fd);
    throw error;
  }
  return {
    strategy: done[0]?.strategy ?? 'ioctl',
    fds: done.flatMap(({ fds }) => fds),
    warnings: [...new Set(done.flatMap(({ warnings }) => warnings))],
  };
}

/** The number that the kernel gave a kind of probe as an event source; undefined where it has none. */
export function eventSourceType(source: 'kprobe' | 'uprobe'): number | undefined {
  try {
    return Number(readFileSync(`/sys/bus/event_source/devices/${source}/type`, 'utf8'));
  } catch {
    return undefined;
  }
}
