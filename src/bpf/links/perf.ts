import {
  closeFd,
  ENOENT,
  linkPerfEvent,
  must,
  needs,
  type PerfEventAttr,
  perfEventOpen,
  perfIoctl,
} from '../sys/index.ts';
import type { Strategy } from './link.ts';

export interface PerfAttachment {
  readonly strategy: Strategy & ('perf_link' | 'ioctl');
  readonly fds: readonly number[];
  readonly warnings: readonly string[];
}

/** Attaches a program to an open event, which this owns from here on: it is closed on failure. */
export function attachToEvent(
  program: number,
  event: number,
  cookie: bigint | undefined,
  doing: string,
): PerfAttachment {
  const link = linkPerfEvent(program, event, cookie);
  try {
    if (link >= 0) {
      must(perfIoctl(event, 'enable'), doing);
      return { strategy: 'perf_link', fds: [link, event], warnings: [] };
    }
    must(perfIoctl(event, 'setBpf', program), doing);
    must(perfIoctl(event, 'enable'), doing);
  } catch (error) {
    if (link >= 0) closeFd(link);
    closeFd(event);
    throw error;
  }
  const warnings = cookie ? ['this kernel has no cookies for this kind of probe (Linux 5.15): the program sees 0'] : [];
  return { strategy: 'ioctl', fds: [event], warnings };
}

/** Opens an event, closing nothing: see `attachToEvent`. */
export function openEvent(attr: PerfEventAttr, pid: number, cpu: number, doing: string): number {
  return must(perfEventOpen(attr, pid, cpu), doing, (errno) =>
    errno === ENOENT ? 'this machine has no such event' : needs('CAP_PERFMON, for probes CAP_SYS_ADMIN'),
  );
}
