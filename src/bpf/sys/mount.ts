/** File systems of the kernel, mounted for this process alone. */
import { scratch, syscall } from '../../native/index.ts';
import { ENODEV, must, needs } from './errno.ts';

const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;

/** Path of a mount that no directory shows and that ends with this process (fsopen(2), Linux 5.2). */
export function detachedMount(type: 'tracefs' | 'bpf', instead: string): string {
  const doing = `mounting ${type}`;
  const hint = (errno: number) =>
    errno === ENODEV ? `this kernel has no ${type}` : `${needs('CAP_SYS_ADMIN')}, or: ${instead}`;
  return scratch((arena) => {
    const context = must(syscall('fsopen', arena.text(type), FSOPEN_CLOEXEC), doing, hint);
    try {
      must(syscall('fsconfig', context, FSCONFIG_CMD_CREATE), doing, hint);
      return `/proc/self/fd/${must(syscall('fsmount', context, FSMOUNT_CLOEXEC, 0), doing, hint)}`;
    } finally {
      syscall('close', context);
    }
  });
}
