/** perf_event_open(2) and the ioctls of its descriptors. */
import { record, u32, u64 } from '../../base/record.ts';
import { scratch, syscall } from '../../native/index.ts';
import { type Attr, fill } from './command.ts';

/** struct perf_event_attr (linux/perf_event.h), version 5. */
const ATTR = record('perf_event_attr', {
  type: u32,
  size: u32,
  config: u64,
  /** sample_period, or sample_freq where the flag says so. */
  sample_period: u64,
  sample_type: u64,
  read_format: u64,
  flags: u64,
  /** wakeup_watermark where the flag says so. */
  wakeup_events: u32,
  bp_type: u32,
  /** bp_addr, kprobe_func, uprobe_path. */
  config1: u64,
  /** bp_len, kprobe_addr, probe_offset. */
  config2: u64,
  branch_sample_type: u64,
  sample_regs_user: u64,
  sample_stack_user: u32,
  clockid: u32,
  sample_regs_intr: u64,
  aux_watermark: u32,
  sample_max_stack: u32,
});
export type PerfEventAttr = Omit<Attr<typeof ATTR>, 'size'>;

/** enum perf_type_id; probes have types of their own in sysfs. */
export const PERF_TYPE = { hardware: 0, software: 1, tracepoint: 2, hw_cache: 3, raw: 4, breakpoint: 5 } as const;
/** perf_sw_ids. */
export const PERF_SOFTWARE = { cpu_clock: 0, task_clock: 1, page_faults: 2, dummy: 9, bpf_output: 10 } as const;
export const PERF_SAMPLE_RAW = 1 << 10;

/** Bits of perf_event_attr.flags. */
export const PERF_FLAG = { disabled: 1n << 0n, inherit: 1n << 1n, freq: 1n << 10n, watermark: 1n << 14n } as const;
const FD_CLOEXEC = 8;

/** `pid` -1 is every process, then `cpu` must be one; `cpu` -1 is every CPU, then `pid` must be one. */
export function perfEventOpen(attr: PerfEventAttr, pid: number, cpu: number): number {
  return scratch((arena) => {
    const block = arena.take(ATTR.size);
    fill(ATTR, block, { ...attr, size: ATTR.size });
    return syscall('perf_event_open', block.address, pid, cpu, -1, FD_CLOEXEC);
  });
}

const IOC = { enable: 0x2400, disable: 0x2401, setBpf: 0x40042408 } as const;

export function perfIoctl(fd: number, request: keyof typeof IOC, argument = 0): number {
  return syscall('ioctl', fd, IOC[request], argument);
}
