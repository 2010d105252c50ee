/** What does a kprobe's work on a kernel without kprobes: fentry, or a tracepoint of the same event for a body that reads no arguments. */
import type { AttachPoint } from '../syntax/ast.ts';
import { equivalentHint, equivalentOf } from './equivalents.ts';
import { fentryPoint } from './fentry-point.ts';
import type { ExpandContext, ProbeKind, ProbePoint } from './kind.ts';
import { tracepoint } from './tracepoint.ts';

/** The body asks for what only a kprobe has at that place. */
const REGISTERS = new Set(['reg', 'ctx', 'override']);
const ARGUMENTS = /^(?:arg\d+|retval|reg|ctx|func|func_address|override)$/;

/** undefined: the script may go on without the probe, which is tried. */
export function substitutes(
  kind: ProbeKind,
  target: string,
  point: AttachPoint,
  context: ExpandContext,
): readonly ProbePoint[] | undefined {
  const found = asFentry(kind, target, context) ?? asTracepoint(kind, target, point, context);
  if (!found && context.settings.missingProbes !== 'error') return undefined;
  if (!found) {
    refuse(kind, target, point, context);
    return [];
  }
  const { points, through } = found;
  context.diagnostics.warning(point.span, `this kernel has no kprobes: ${kind.names[0]}:${target} is ${through} here`);
  return points.map((one) => ({ ...one, name: `${kind.names[0]}:${target}`, kind }));
}

interface Substitute {
  readonly points: readonly Omit<ProbePoint, 'kind'>[];
  readonly through: string;
}

function asFentry(kind: ProbeKind, target: string, { host, types, uses }: ExpandContext): Substitute | undefined {
  if (host.canHook?.('fentry') !== true || !types.btf || [...uses].some((name) => REGISTERS.has(name)))
    return undefined;
  const way = kind.names[0] === 'kretprobe' ? 'fexit' : 'fentry';
  const found = fentryPoint(way, target, types.btf);
  return found && { points: [found], through: `${way}:${target}` };
}

function asTracepoint(
  kind: ProbeKind,
  target: string,
  point: AttachPoint,
  context: ExpandContext,
): Substitute | undefined {
  const equivalent = equivalentOf(target, kind.names[0] === 'kretprobe');
  if (!equivalent || readsArguments(context)) return undefined;
  const parts = ['tracepoint', ...equivalent.event.split(':')];
  const points = tracepoint.expand({ ...point, parts }, { ...context, missing: () => {} });
  return points.length === 0 ? undefined : { points, through: `tracepoint:${equivalent.event} (${equivalent.but})` };
}

const readsArguments = ({ uses }: ExpandContext): boolean => [...uses].some((name) => ARGUMENTS.test(name));

function refuse(kind: ProbeKind, target: string, point: AttachPoint, context: ExpandContext): void {
  const equivalent = equivalentHint(`${kind.names[0]}:${target}`);
  const read = [...context.uses].filter((name) => ARGUMENTS.test(name));
  const other = equivalent ?? 'look for a tracepoint of the same event: pebble trace -l';
  const why =
    equivalent && read.length > 0 ? `, where ${read.join(', ')} ${read.length > 1 ? 'come' : 'comes'} from` : '';
  context.missing(
    point,
    `${kind.names[0]} ${target}`,
    `this kernel has no kprobes (CONFIG_KPROBE_EVENTS)${why}: ${other}`,
  );
}
