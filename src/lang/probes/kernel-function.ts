/** kprobe, kretprobe: functions of the kernel. */
import { didYouMean } from '../diagnostics/index.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import { isAddress, splitOffset } from './address.ts';
import { moduleOf, nameOf } from './function-name.ts';
import type { ExpandContext, PendingLink, ProbeKind, ProbePoint } from './kind.ts';
import { substitutes } from './substitutes.ts';
import { isPattern, matcher } from './wildcard.ts';

export const kprobe: ProbeKind = {
  names: ['kprobe', 'k'],
  counts: [1, 2],
  usage: ['kprobe:FUNCTION', 'kprobe:FUNCTION+OFFSET', 'kprobe:MODULE:FUNCTION'],
  doc: 'Entry of a kernel function; arg0 … are its arguments.',
  space: 'kernel',
  expand: (point, context) => expandKprobe(kprobe, point, context),
};

export const kretprobe: ProbeKind = {
  names: ['kretprobe', 'kr'],
  counts: [1, 2],
  usage: ['kretprobe:FUNCTION'],
  doc: 'Return of a kernel function; retval is what it returns.',
  space: 'kernel',
  expand: (point, context) => expandKprobe(kretprobe, point, context),
};

/** The call that asks, in a body that two probes were joined to, where it runs (lang/passes/pair-returns.ts). */
export const AT_RETURN = '__session_is_return';

function expandKprobe(kind: ProbeKind, point: AttachPoint, context: ExpandContext): readonly ProbePoint[] {
  const target = nameOf(kind, point, context);
  if (target === undefined || !isLoaded(point, context)) return [];
  if (kind === kretprobe && target.includes('+')) {
    context.diagnostics.error(point.span, 'Offset not allowed');
    return [];
  }
  if (isAddress(target) && !context.settings.unsafe) {
    context.diagnostics.error(point.span, 'Probing by address requires --unsafe');
    return [];
  }
  const others = context.host.canHook?.('kprobe') === false ? substitutes(kind, target, point, context) : undefined;
  if (others) return others;
  const atReturn = kind === kretprobe;
  if (isAddress(target)) {
    const address = BigInt(target);
    return [hooked(kind, `${address}`, 'kprobe', { kind: 'kprobe', address, atReturn })];
  }
  const { symbol, plus } = splitOffset(target);
  const full = (name: string) => [...point.parts.slice(1, -1), plus === undefined ? name : target].join(':');
  const offset = plus === undefined ? {} : { plus };
  const names = functionsNamed(kind, symbol, point, context);
  if (context.uses.has(AT_RETURN)) return names.map((name) => bothWays(kind, full(name), name));
  return sharesLink(symbol, offset, context)
    ? names.map((name) => hooked(kind, full(name), 'kprobe_multi', { kind: 'kprobe_multi', symbols: [name], atReturn }))
    : names.map((name) => hooked(kind, full(name), 'kprobe', { kind: 'kprobe', symbol: name, atReturn, ...offset }));
}

function hooked(kind: ProbeKind, target: string, program: 'kprobe' | 'kprobe_multi', link: PendingLink): ProbePoint {
  const atReturn = kind === kretprobe;
  return {
    name: `${kind.names[0]}:${target}`,
    kind,
    program,
    how: 'attach',
    func: atReturn ? 'attach' : 'instruction',
    context: 'pt_regs',
    links: [link],
    ...(atReturn ? { retval: 'register' } : { argN: { in: 'registers' } }),
  };
}

function bothWays(kind: ProbeKind, target: string, symbol: string): ProbePoint {
  const link = { kind: 'kprobe_multi', symbols: [symbol], atReturn: false } as const;
  const entry = hooked(kind, target, 'kprobe_multi', link);
  return { ...entry, program: 'kprobe_session', func: 'attach', retval: 'register' };
}

/** Registers that hold no arguments are not kept for many functions since Linux 6.14; each `probe` is a program of its own. */
const ALONE = ['reg', 'ctx', 'override', 'probe'];

/** One event a function takes a tenth of a second to detach. */
function sharesLink(symbol: string, { plus }: { plus?: number }, { host, uses }: ExpandContext): boolean {
  if (!isPattern(symbol) || plus !== undefined || ALONE.some((name) => uses.has(name))) return false;
  // From Linux 6.14 on, where sessions have room, stacks begin at the caller, and those of returns are not unwound in all kernels.
  if (uses.has('kstack') && host.canHook?.('kprobe_session') === true) return false;
  return host.canHook?.('kprobe_multi') !== false;
}

function isLoaded(point: AttachPoint, { host, diagnostics }: ExpandContext): boolean {
  const { parts, span } = point;
  const module = moduleOf(point);
  const modules = host.kernelModules?.();
  if (module === undefined || modules === undefined || modules.some(matcher(module))) return true;
  const hint = didYouMean(module, modules);
  const what = `specified module ${module} in probe ${parts.join(':')} is not loaded.`;
  diagnostics.error(span, what, hint ? { hints: [hint] } : {});
  return false;
}

/** A single name is believed when the host has no list, and tried in any case with --unsafe. */
function functionsNamed(kind: ProbeKind, name: string, point: AttachPoint, context: ExpandContext): readonly string[] {
  const { host, settings, diagnostics } = context;
  const module = moduleOf(point);
  // What the body calls by its name may be the module's.
  if (module !== undefined && !isPattern(module) && module !== 'vmlinux') context.types.module(module);
  const all = host.kernelFunctions?.(module === undefined ? undefined : matcher(module));
  if (all === undefined && !isPattern(name)) return [name];
  const found = (all ?? []).filter(matcher(name));
  if (found.length > 0) return found;
  if (!isPattern(name) && settings.missingProbes !== 'ignore') {
    const why = 'is not traceable (either non-existing, inlined, or marked as "notrace")';
    diagnostics.warning(point.span, `${name} ${why}; attaching to it will likely fail`);
  }
  if (!isPattern(name) && settings.unsafe) return [name];
  const reason = all ? undefined : 'this kernel names no functions that can be traced: it has no kprobes';
  context.missing(
    point,
    `${kind.names[0]} ${[...point.parts.slice(1, -1), name].join(':')}`,
    reason ?? didYouMean(name, all!),
  );
  return [];
}
