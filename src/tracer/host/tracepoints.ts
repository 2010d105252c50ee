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

/** Functions that ftrace can hook, without the modules that hold them; none on a kernel without ftrace. */
export function listTraceableFunctions(): string[] {
  try {
    const lines = readFileSync(`${tracefs()}/available_filter_functions`, 'utf8').split('\n');
    return lines.filter(Boolean).map((line) => line.split(/\s/, 1)[0]!);
  } catch {
    return [];
  }
}
