/** File descriptors of kernel objects. */
import { syscall } from '../../native/index.ts';
import { EINVAL, ENOENT } from './errno.ts';

/** Closes a descriptor; what it held open (map, program, link) dies with its last one. */
export function closeFd(fd: number): void {
  syscall('close', fd);
}

/** PIDFD_THREAD (linux/pidfd.h), Linux 6.9. */
const THREAD = 0o200;

/** A descriptor of a process or thread, as task storage maps want it for a key. */
export function pidfdOpen(task: number): number {
  const process = syscall('pidfd_open', task, 0);
  if (process !== -EINVAL && process !== -ENOENT) return process;
  // No first thread of its process.
  const thread = syscall('pidfd_open', task, THREAD);
  return thread < 0 ? process : thread;
}

/** Whether pidfdOpen knows other threads than the first of a process. */
export function threadsHaveDescriptors(): boolean {
  const fd = syscall('pidfd_open', process.pid, THREAD);
  if (fd < 0) return false;
  closeFd(fd);
  return true;
}
