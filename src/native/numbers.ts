/** System call numbers (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h). */
import { PebbleError } from '../base/errors.ts';

const X64 = {
  close: 3,
  mmap: 9,
  munmap: 11,
  rt_sigprocmask: 14,
  madvise: 28,
  ioctl: 16,
  socket: 41,
  sendto: 44,
  prctl: 157,
  mount: 165,
  clock_gettime: 228,
  perf_event_open: 298,
  prlimit64: 302,
  bpf: 321,
  pidfd_open: 434,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
} as const;

export type SyscallName = keyof typeof X64;

const ARM64: Record<SyscallName, number> = {
  close: 57,
  mmap: 222,
  munmap: 215,
  rt_sigprocmask: 135,
  madvise: 233,
  ioctl: 29,
  socket: 198,
  sendto: 206,
  prctl: 167,
  mount: 40,
  clock_gettime: 113,
  perf_event_open: 241,
  prlimit64: 261,
  bpf: 280,
  pidfd_open: 434,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
};

/** The numbers of this machine's architecture. */
export function syscallNumbers(): Record<SyscallName, number> {
  if (process.platform === 'linux' && process.arch === 'x64') return X64;
  if (process.platform === 'linux' && process.arch === 'arm64') return ARM64;
  throw new PebbleError('unsupported', {
    doing: 'calling the kernel',
    what: `${process.platform} on ${process.arch} is not supported`,
    hint: 'Pebble runs on Linux, on x86-64 and arm64',
  });
}
