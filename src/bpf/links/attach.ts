/** From a LinkSpec to a link: one row a kind of hook. */
import type { Program } from '../programs/index.ts';
import type { LinkKind, LinkSpec } from '../spec/index.ts';
import type { Link } from './link.ts';
import { attachRawTracepoint } from './raw-tracepoint.ts';
import { attachTracepoint } from './tracepoint.ts';
import { attachTracing } from './tracing.ts';

type Attach<K extends LinkKind> = (spec: LinkSpec & { readonly kind: K }, program: Program) => Link;

const ATTACH: { readonly [K in LinkKind]?: Attach<K> } = {
  tracepoint: attachTracepoint,
  raw_tracepoint: attachRawTracepoint,
  tracing: attachTracing,
};

export function attach(spec: LinkSpec, program: Program): Link {
  return (ATTACH[spec.kind] as Attach<LinkKind>)(spec, program);
}
