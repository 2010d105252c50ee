/** From a LinkSpec to a link: one row a kind of hook. */
import type { Program } from '../programs/index.ts';
import type { LinkKind, LinkSpec } from '../spec/index.ts';
import type { Link } from './link.ts';

type Attach<K extends LinkKind> = (spec: LinkSpec & { readonly kind: K }, program: Program) => Link;

/** Loaded when first used: who traces a tracepoint need not wait for the ELF reader. */
const ATTACH: { readonly [K in LinkKind]: () => Promise<Attach<K>> } = {
  tracepoint: async () => (await import('./tracepoint.ts')).attachTracepoint,
  raw_tracepoint: async () => (await import('./raw-tracepoint.ts')).attachRawTracepoint,
  tracing: async () => (await import('./tracing.ts')).attachTracing,
  iter: async () => (await import('./iter.ts')).attachIter,
  kprobe: async () => (await import('./kprobe.ts')).attachKprobe,
  kprobe_multi: async () => (await import('./kprobe.ts')).attachKprobeMulti,
  uprobe: async () => (await import('./uprobe.ts')).attachUprobe,
  uprobe_multi: async () => (await import('./uprobe.ts')).attachUprobeMulti,
  usdt: async () => (await import('./uprobe.ts')).attachUsdt,
  perf_event: async () => (await import('./perf-event.ts')).attachPerfEvent,
  watchpoint: async () => (await import('./perf-event.ts')).attachWatchpoint,
};

export async function attach(spec: LinkSpec, program: Program): Promise<Link> {
  const attachKind = (await ATTACH[spec.kind]()) as Attach<LinkKind>;
  return attachKind(spec as never, program);
}
