/** Finds the kernel's tracing file system; where it is not mounted, mounts it for this process alone. */
import { existsSync } from 'node:fs';
import { detachedMount } from './mount.ts';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

let found: string | undefined;

/** Directory with `events/`, `available_events` and so on. */
export function tracefs(): string {
  found ??=
    PLACES.find((place) => existsSync(`${place}/events`)) ??
    detachedMount('tracefs', `mount -t tracefs nodev ${PLACES[0]}`);
  return found;
}
