/** rawtracepoint: the same events without the copying, with the arguments that BTF knows. */
import { basename } from 'node:path';
import { resolve } from '../../bpf/btf/index.ts';
import { didYouMean } from '../diagnostics/index.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import type { BtfTypes } from '../types/btf-types.ts';
import type { ExpandContext, ProbeKind, ProbePoint } from './kind.ts';
import { slotStruct } from './slot-struct.ts';
import { isPattern, matcher } from './wildcard.ts';

/** The kernel defines `typedef void (*btf_trace_EVENT)(void *, …)` for every event. */
const PREFIX = 'btf_trace_';

export const rawtracepoint: ProbeKind = {
  names: ['rawtracepoint', 'rt', 'tp_btf', 'raw_tracepoint'],
  counts: [2, 1],
  usage: ['rawtracepoint:EVENT', 'rawtracepoint:MODULE:EVENT', 'tp_btf:EVENT'],
  doc: 'A tracepoint as the kernel calls it: args are typed kernel pointers (BTF), argN the raw values.',
  space: 'kernel',
  expand,
};

function expand(point: AttachPoint, context: ExpandContext): ProbePoint[] {
  const event = point.parts.at(-1) ?? '';
  if (point.parts.length < 2 || point.parts.length > 3 || event === '') {
    context.diagnostics.error(point.span, 'rawtracepoint probe must have an event: rawtracepoint:EVENT');
    return [];
  }
  const btf = typesOf(event, context);
  const found = isIn(point.parts, btf) ? matching(event, btf, context) : [];
  if (found.length === 0) {
    const own = context.types.btf;
    const hint = own && didYouMean(event, events(own));
    context.missing(point, `rawtracepoint ${point.parts.slice(1).join(':')}`, hint);
  }
  return found.map((name) => pointOf(point.parts, name, btf, context));
}

/** The kernel's, or of the loaded module that has the event; patterns are looked for among the kernel's. */
function typesOf(event: string, { types }: ExpandContext): BtfTypes | undefined {
  return (isPattern(event) ? undefined : types.btfWith(PREFIX + event, 'typedef')) ?? types.btf;
}

const moduleOf = (btf: BtfTypes | undefined): string => (btf?.btf.base ? basename(btf.btf.name) : 'vmlinux');

const isIn = ([, module = '', event]: readonly string[], btf: BtfTypes | undefined): boolean =>
  event === undefined || matcher(module)(moduleOf(btf));

function matching(event: string, btf: BtfTypes | undefined, context: ExpandContext): string[] {
  if (!isPattern(event)) {
    const known = btf === undefined || btf.btf.find(PREFIX + event, 'typedef') !== undefined;
    return known || isTracepoint(event, context) ? [event] : [];
  }
  return btf ? events(btf).filter(matcher(event)) : [];
}

const isTracepoint = (event: string, { host }: ExpandContext): boolean =>
  host.tracepoints?.().some((name) => name.endsWith(`:${event}`)) ?? false;

function events(btf: BtfTypes): string[] {
  const names: string[] = [];
  for (const id of btf.btf.ids('typedef')) {
    const name = btf.btf.nameOf(id);
    if (name.startsWith(PREFIX)) names.push(name.slice(PREFIX.length));
  }
  return names;
}

function pointOf(
  parts: readonly string[],
  event: string,
  btf: BtfTypes | undefined,
  context: ExpandContext,
): ProbePoint {
  const name = ['rawtracepoint', ...parts.slice(1, -1), event].join(':');
  const base = { name, kind: rawtracepoint, how: 'attach', argN: { in: 'slots' } } as const;
  const typed = context.uses.has('args') ? btf && parameters(btf, event) : undefined;
  if (typed === undefined) return { ...base, program: 'raw_tracepoint', links: [{ kind: 'raw_tracepoint', event }] };
  const module = moduleOf(btf);
  const attachModule = module === 'vmlinux' ? {} : { attachModule: module };
  return { ...base, program: 'tp_btf', attachTo: event, ...attachModule, links: [{ kind: 'tracing' }], args: typed };
}

/** The first parameter is the tracepoint's private data; the context starts with the second. */
function parameters(btf: BtfTypes, event: string): ProbePoint['args'] {
  const id = btf.btf.find(PREFIX + event, 'typedef');
  if (id === undefined) return undefined;
  const pointer = resolve(btf.btf, id);
  const proto = pointer.kind === 'ptr' ? resolve(btf.btf, pointer.type) : pointer;
  if (proto.kind !== 'func_proto') return undefined;
  return slotStruct(btf, `struct _rawtracepoint_${event}`, namedParameters(btf, event, proto.params.slice(1)));
}

/** The typedef's parameters carry no names; those of the kernel's `__bpf_trace_EVENT` do. */
function namedParameters(btf: BtfTypes, event: string, unnamed: readonly { name: string; type: number }[]) {
  const func = btf.btf.find(`__bpf_trace_${event}`, 'func') ?? btf.btf.find(`__traceiter_${event}`, 'func');
  const type = func === undefined ? undefined : btf.btf.type(func);
  const proto = type?.kind === 'func' ? btf.btf.type(type.type) : undefined;
  const names = proto?.kind === 'func_proto' ? proto.params.slice(1).map((param) => param.name) : [];
  return unnamed.map((param, i) => ({ name: param.name || names[i] || `arg${i}`, type: param.type }));
}
