/** How often a process's eBPF programs ran, and for how long, as the kernel counts it. */
import { heldBy } from '../../src/bpf/inventory/index.ts';
import { closeFd, fdById, programInfo } from '../../src/bpf/sys/index.ts';

export interface Run {
  readonly id: number;
  readonly name: string;
  readonly runs: number;
  readonly ns: number;
}

/** Of all programs that this process holds. */
export function programsOf(pid: number | 'self'): Run[] {
  const ids = heldBy(pid).flatMap(({ kind, id }) => (kind === 'program' ? [id] : []));
  return ids.map((id) => {
    const fd = fdById('program', id);
    const { name, run_cnt, run_time_ns } = programInfo(fd);
    closeFd(fd);
    return { id, name, runs: Number(run_cnt), ns: Number(run_time_ns) };
  });
}
