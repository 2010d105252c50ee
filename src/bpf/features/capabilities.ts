/** Which of the privileges that eBPF needs this process has. */
import { readFileSync } from 'node:fs';

export interface Capability {
  readonly name: string;
  readonly held: boolean;
  /** What is lost without it. */
  readonly without: string;
}

/** Bit numbers of linux/capability.h. CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON, which came with Linux 5.8. */
const ROWS = [
  { name: 'CAP_BPF', bit: 39, without: 'no maps, no programs: nothing works' },
  { name: 'CAP_PERFMON', bit: 38, without: 'no tracing programs: nothing works' },
  {
    name: 'CAP_SYS_ADMIN',
    bit: 21,
    without: 'no uprobes but through uprobe_multi, no run statistics, no mounting of tracefs',
  },
  { name: 'CAP_DAC_READ_SEARCH', bit: 2, without: 'tracepoints by name only where tracefs is readable' },
  { name: 'CAP_SYS_PTRACE', bit: 19, without: 'processes of other users cannot be looked into' },
  { name: 'CAP_SYSLOG', bit: 34, without: 'kernel addresses have no names' },
] as const;
const SYS_ADMIN = 21n;

export function capabilities(status = readFileSync('/proc/self/status', 'utf8')): Capability[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const has = (bit: bigint) => ((effective >> bit) & 1n) === 1n;
  return ROWS.map(({ name, bit, without }) => {
    const implied = (name === 'CAP_BPF' || name === 'CAP_PERFMON') && has(SYS_ADMIN);
    return { name, held: has(BigInt(bit)) || implied, without };
  });
}
