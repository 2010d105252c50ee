/** What the kernel's own tracer, without eBPF, writes down of tracepoints meanwhile: in a buffer of its own (Documentation/trace/ftrace.rst, instances). */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tracefs } from '../../../src/bpf/sys/index.ts';

/** Its lines: `cat-4711 [001] d..1. 12.345678: NAME: FIELDS`. */
export function tracedMeanwhile(tracepoints: readonly string[], action: () => void): string[] {
  const instance = join(tracefs(), 'instances', `pebble-tools-${process.pid}`);
  const enable = (value: '0' | '1') => {
    for (const name of tracepoints) writeFileSync(join(instance, 'events', name.replace(':', '/'), 'enable'), value);
  };
  mkdirSync(instance);
  try {
    enable('1');
    action();
    enable('0');
    const text = readFileSync(join(instance, 'trace'), 'utf8');
    const [, kept, written] = /entries-written: (\d+)\/(\d+)/.exec(text)!;
    if (kept !== written) throw new Error(`ftrace kept ${kept} of ${written} events`);
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  } finally {
    rmdirSync(instance);
  }
}
