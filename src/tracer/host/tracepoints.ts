/** The kernel's tracepoints as tracefs lists and describes them. */
import { readFileSync } from 'node:fs';
import { tracefs } from '../../bpf/index.ts';

/** `category:event`, in the kernel's order. */
export function listTracepoints(): string[] {
  return readFileSync(`${tracefs()}/available_events`, 'utf8').split('\n').filter(Boolean);
}

/** Text of the event's `format` file. */
export function tracepointFormat(category: string, event: string): string | undefined {
  try {
    return readFileSync(`${tracefs()}/events/${category}/${event}/format`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
