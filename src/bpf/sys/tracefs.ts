/** Finds the kernel's tracing file system; where it is not mounted, mounts it for this process alone. */
import { existsSync } from 'node:fs';
import { scratch, syscall } from '../../native/index.ts';
import { ENOENT, must, needs } from './errno.ts';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;

let found: string | undefined;

/** Directory with `events/`, `available_events` and so on. */
export function tracefs(): string {
  found ??= PLACES.find((place) => existsSync(`${place}/events`)) ?? `/proc/self/fd/${detachedMount('tracefs')}`;
  return found;
}

/** A mount that no directory shows and that ends with this process (fsopen(2), Linux 5.2). */
function detachedMount(type: string): number {
  const doing = `mounting ${type}`;
  const hint = (errno: number) =>
    errno === ENOENT
      ? `this kernel has no ${type}`
      : `${needs('CAP_SYS_ADMIN')}, or: mount -t ${type} nodev ${PLACES[0]}`;
  return scratch((arena) => {
    const context = must(syscall('fsopen', arena.text(type), FSOPEN_CLOEXEC), doing, hint);
    try {
      must(syscall('fsconfig', context, FSCONFIG_CMD_CREATE), doing, hint);
      return must(syscall('fsmount', context, FSMOUNT_CLOEXEC, 0), doing, hint);
    } finally {
      syscall('close', context);
    }
  });
}
