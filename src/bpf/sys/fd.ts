/** File descriptors of kernel objects. */
import { syscall } from '../../native/index.ts';

/** Closes a descriptor; what it held open (map, program, link) dies with its last one. */
export function closeFd(fd: number): void {
  syscall('close', fd);
}

/** A descriptor of a process, as task storage maps want it for a key. */
export function pidfdOpen(pid: number): number {
  return syscall('pidfd_open', pid, 0);
}
