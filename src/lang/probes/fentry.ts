/** fentry, fexit: functions of the kernel and of its modules, with their types. */
import { didYouMean } from '../diagnostics/index.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import type { BtfTypes } from '../types/btf-types.ts';
import { equivalentHint } from './equivalents.ts';
import { fentryPoint, ownFunction } from './fentry-point.ts';
import { moduleOf, nameOf } from './function-name.ts';
import type { ExpandContext, ProbeKind, ProbePoint } from './kind.ts';
import { isPattern, matcher } from './wildcard.ts';

export const fentry: ProbeKind = {
  names: ['fentry', 'f', 'kfunc'],
  counts: [1, 3],
  usage: ['fentry:FUNCTION', 'fentry:MODULE:FUNCTION', 'fentry:bpf:PROGRAM', 'fentry:bpf:ID:PROGRAM'],
  doc: 'Entry of a kernel function with typed arguments in args; cheaper than a kprobe (BTF, Linux 5.5).',
  space: 'kernel',
  expand: (point, context) => expandFentry(fentry, point, context),
};

export const fexit: ProbeKind = {
  names: ['fexit', 'fr', 'kretfunc'],
  counts: [1, 3],
  usage: ['fexit:FUNCTION', 'fexit:MODULE:FUNCTION', 'fexit:bpf:PROGRAM', 'fexit:bpf:ID:PROGRAM'],
  doc: 'Return of a kernel function with typed args and retval.',
  space: 'kernel',
  expand: (point, context) => expandFentry(fexit, point, context),
};

function expandFentry(kind: ProbeKind, point: AttachPoint, context: ExpandContext): readonly ProbePoint[] {
  if (point.parts[1] === 'bpf' && point.parts.length > 2) return expandPrograms(kind, point, context);
  const name = nameOf(kind, point, context);
  const { btf } = context.types;
  if (name === undefined) return [];
  if (!btf) {
    context.diagnostics.error(point.span, `${kind.names[0]} needs BTF, which this kernel does not have`);
    return [];
  }
  if (context.host.canHook?.('fentry') === false) {
    context.diagnostics.error(point.span, `this kernel refuses ${kind.names[0]} probes`, {
      hints: [kprobeHint(kind, name, context)],
    });
    return [];
  }
  const way = kind === fexit ? 'fexit' : 'fentry';
  const points = typedFunctions(name, moduleOf(point), btf, context).flatMap((found) => {
    const one = fentryPoint(way, found.name, found.types, found.module);
    return one ? [{ ...one, kind }] : [];
  });
  const what = point.parts.slice(1).join(':');
  if (points.length === 0) context.missing(point, `${kind.names[0]} ${what}`, didYouMean(name, functions(btf)));
  return points;
}

/** What can be hooked here instead. */
function kprobeHint(kind: ProbeKind, name: string, { host }: ExpandContext): string {
  const kprobe = `${kind === fexit ? 'kretprobe' : 'kprobe'}:${name}`;
  if (host.canHook?.('kprobe') !== false) return `try ${kprobe}`;
  return equivalentHint(kprobe) ?? 'it has no kprobes either: look for a tracepoint of the same event, pebble trace -l';
}

/** `bpf:NAME`, `bpf:ID:NAME`: the first functions of eBPF programs, without arguments. */
function expandPrograms(kind: ProbeKind, point: AttachPoint, context: ExpandContext): readonly ProbePoint[] {
  const [, , ...rest] = point.parts;
  const name = matcher(rest.at(-1)!);
  const id = rest.length > 1 ? matcher(rest[0]!) : () => true;
  const all = context.host.programs?.() ?? [];
  const found = all.filter((one) => name(one.name) && id(`${one.id}`));
  const what = `${kind.names[0]} ${point.parts.slice(1).join(':')}`;
  const hint = didYouMean(
    rest.at(-1)!,
    all.map((one) => one.name),
  );
  if (found.length === 0) context.missing(point, what, hint);
  const way = kind === fexit ? 'fexit' : 'fentry';
  return found.map(
    (one): ProbePoint => ({
      name: `${way}:bpf:${one.id}:${one.name}`,
      kind,
      program: way,
      attachTo: one.name,
      attachProgram: one.id,
      how: 'attach',
      func: 'attach',
      links: [{ kind: 'tracing' }],
    }),
  );
}

interface TypedFunction {
  readonly name: string;
  readonly module: string;
  readonly types: BtfTypes;
}

/** Of the kernel, and of modules where they are asked for: by their name, by a pattern, or for what the kernel has not. */
function typedFunctions(
  name: string,
  module: string | undefined,
  btf: BtfTypes,
  context: ExpandContext,
): TypedFunction[] {
  const isWanted = module === undefined ? () => true : matcher(module);
  const own = isWanted('vmlinux') ? matching(name, btf, context, 'vmlinux') : [];
  const found = own.map((one) => ({ name: one, module: 'vmlinux', types: btf }));
  if (found.length > 0 && !isPattern(name)) return found;
  const { host, types } = context;
  const accepts = matcher(name);
  for (const other of host.kernelModules?.() ?? []) {
    if (other === 'vmlinux' || !isWanted(other)) continue;
    if (host.kernelFunctions?.((one) => one === other)?.some(accepts) === false) continue;
    const inModule = types.module(other);
    if (!inModule) continue;
    found.push(
      ...matching(name, inModule, context, other).map((one) => ({ name: one, module: other, types: inModule })),
    );
  }
  return found;
}

function matching(name: string, types: BtfTypes, { host }: ExpandContext, module: string): readonly string[] {
  if (!isPattern(name)) return ownFunction(name, types) === undefined ? [] : [name];
  const { btf } = types;
  // BTF has functions, too, that cannot be hooked.
  const listed = host.kernelFunctions?.((one) => one === module);
  const traceable = listed && new Set(listed);
  const names = btf.ids('func').flatMap((id) => (id >= btf.firstId ? [btf.nameOf(id)] : []));
  return names.filter(matcher(name)).filter((one) => traceable?.has(one) ?? true);
}

const functions = (btf: BtfTypes): string[] => btf.btf.ids('func').map((id) => btf.btf.nameOf(id));
