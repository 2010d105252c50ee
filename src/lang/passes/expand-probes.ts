/** Turns attach points into the units to compile: a probe's points of one shape share one program. */
import { type Diagnostics, didYouMean } from '../diagnostics/index.ts';
import type { CompileHost } from '../host.ts';
import {
  type ExpandContext,
  findProbeKind,
  type PendingLink,
  PROBE_KINDS,
  type ProbeKind,
  type ProbePoint,
} from '../probes/index.ts';
import { dispatchSystemCalls, type Expanded } from '../probes/system-calls.ts';
import { isPattern } from '../probes/wildcard.ts';
import type { Settings } from '../settings.ts';
import { type AttachPoint, type Expression, type Probe, type Program, walk } from '../syntax/index.ts';
import type { TypeSpace } from '../types/type-space.ts';
import type { Unit } from '../types/typing.ts';
import { pairReturns } from './pair-returns.ts';

export interface ProbeOptions {
  readonly host: CompileHost;
  readonly types: TypeSpace;
  readonly settings: Settings;
  readonly diagnostics: Diagnostics;
  readonly pid: number | undefined;
  readonly skipsOthers: boolean;
  /** Each probe has a program's link of its own, as some may be left out. */
  readonly isFiltered: boolean;
}

interface ExpandedProbe extends Expanded {
  readonly probe: Probe;
}

export function expandProbes(program: Program, options: ProbeOptions): Unit[] {
  const labels: ExpandContext['labels'] = new Map();
  const probes = options.isFiltered ? program.probes : pairReturns(program.probes, options.host);
  const expanded = probes.map((probe) => expandProbe(probe, labels, options));
  const hooked = options.isFiltered ? expanded : dispatchSystemCalls(expanded, options);
  const units = hooked.flatMap((one) => unitsOf(one, options));
  limitPrograms(units, options);
  const count = units.reduce((sum, unit) => sum + (unit.kind === 'probe' ? unit.points.length : 0), 0);
  const { maxProbes } = options.settings;
  if (options.diagnostics.ok && count > maxProbes) {
    options.diagnostics.error(
      undefined,
      `Your program is trying to generate more than ${maxProbes} probes (${count})`,
      {
        hints: ['raise max_probes, or use narrower patterns'],
      },
    );
  }
  return units;
}

/** The probe that goes over the limit is told. */
function limitPrograms(units: readonly Unit[], { settings: { maxPrograms }, diagnostics }: ProbeOptions): void {
  const first = units[maxPrograms];
  if (first?.kind !== 'probe') return;
  const limit = `BPF programs, which exceeds the current limit of ${maxPrograms}`;
  diagnostics.error(
    first.probe.attachPoints[0]?.span,
    `Your program is trying to generate more than ${units.length} ${limit}`,
    {
      hints: ['You can increase the limit through the BPFTRACE_MAX_BPF_PROGS environment variable.'],
    },
  );
}

function expandProbe(probe: Probe, labels: ExpandContext['labels'], options: ProbeOptions): ExpandedProbe {
  const used = namesUsed(probe);
  let isMissing = false;
  const context: ExpandContext = {
    ...options,
    uses: used,
    labels,
    missing: (point, what, hint) => {
      isMissing = true;
      reportMissing(probe, point, { what, hint }, options);
    },
  };
  const { errors } = options.diagnostics;
  const points = probe.attachPoints.flatMap((point) => {
    const kind = findProbeKind(point.parts[0] ?? '');
    if (!kind?.isAlone || probe.attachPoints.length === 1) return expand(point, context, options);
    options.diagnostics.error(point.span, `${kind.names[0]} probe only supports one attach point`);
    return [];
  });
  // What is written wrong has been said.
  const isReported = !isMissing && options.diagnostics.errors > errors;
  if (points.length === 0 && !isReported) reportEmpty(probe, options);
  return { probe, points, uses: used };
}

function unitsOf({ probe, points, uses: used }: ExpandedProbe, options: ProbeOptions): Unit[] {
  const groups = new Map<string, ProbePoint[]>();
  // Cookies of tracepoints came with Linux 5.15, before may_goto.
  const hasCookies = options.host.features?.mayGoto !== false && !used.has(COMPTIME);
  for (const point of points) {
    const shape = shapeOf(point, used, hasCookies);
    const group = groups.get(shape);
    if (group) group.push(point);
    else groups.set(shape, [point]);
  }
  return [...groups.values()].map(([first, ...rest]) => {
    const asksWhich = rest.some(({ name }) => name !== first!.name) && used.has('probe');
    const { pid, skipsOthers } = options;
    const skips = pid !== undefined && skipsOthers && first!.links.some(({ kind }) => FOR_ALL.has(kind));
    const own = skips ? inProcess(probe, pid) : probe;
    return { kind: 'probe', probe: own, points: [first!, ...rest], ...(asksWhich && { asksWhich }) };
  });
}

/** Links that fire in all processes. */
const FOR_ALL: ReadonlySet<PendingLink['kind']> = new Set([
  'tracepoint',
  'raw_tracepoint',
  'tracing',
  'kprobe',
  'kprobe_multi',
]);

/** The body is skipped in other processes. */
function inProcess(probe: Probe, pid: number): Probe {
  const { span } = probe.body;
  const condition: Expression = {
    kind: 'binary',
    span,
    operator: '==',
    left: { kind: 'identifier', span, name: 'pid' },
    right: { kind: 'integer', span, value: BigInt(pid), text: String(pid) },
  };
  const { predicate } = probe;
  if (!predicate) return { ...probe, predicate: { kind: 'predicate', span, condition } };
  const both: Expression = {
    kind: 'binary',
    span: predicate.span,
    operator: '&&',
    left: condition,
    right: predicate.condition,
  };
  return { ...probe, predicate: { ...predicate, condition: both } };
}

function expand(point: AttachPoint, context: ExpandContext, { diagnostics }: ProbeOptions): readonly ProbePoint[] {
  const name = point.parts[0] ?? '';
  const kind = findProbeKind(name);
  if (kind && hasCount(point, kind, context)) return kind.expand(point, context);
  if (kind) return [];
  const names = PROBE_KINDS.flatMap((known) => known.names);
  const hint = dotted(name, context) ?? eventNamed(point.parts, context) ?? didYouMean(name, names);
  diagnostics.error(point.span, `Invalid probe type: ${name}`, { hints: hint ? [hint] : [] });
  return [];
}

/** `pg.query_done`: the target's probes have a colon, its builtins a dot. */
function dotted(name: string, { host: { target } }: ExpandContext): string | undefined {
  const [word, ...rest] = name.split('.');
  return target && rest.length > 0 && word === target.name ? `write ${word}:${rest.join('.')}` : undefined;
}

/** `sys_enter_openat`, `syscall:openat`, `sched:sched_switch`: a tracepoint without its kind. */
function eventNamed(parts: readonly string[], { host }: ExpandContext): string | undefined {
  const last = parts.at(-1)!;
  const wanted = new Set([last, `sys_enter_${last}`]);
  const found = last.length > 2 && host.tracepoints?.().find((event) => wanted.has(event.split(':')[1]!));
  return found ? `write tracepoint:${found}` : undefined;
}

/** The binary of a process that is traced need not be named. */
function hasCount({ parts, span }: AttachPoint, { names, counts, usage }: ProbeKind, context: ExpandContext): boolean {
  const found = parts.length - 1;
  const isLine = parts[2] === '@';
  const spared = context.pid === undefined ? 0 : 1;
  if (isLine || (found >= Math.min(...counts) - spared && found <= Math.max(...counts))) return true;
  const message = `${names[0]} probe type requires ${counts.join(' or ')} arguments, found ${found}`;
  context.diagnostics.error(span, message, { hints: [`write ${usage.join(', or ')}`] });
  return false;
}

/** A pattern that matches nothing is no mistake beside other attach points, as in bpftrace; here it is said. */
function reportMissing(
  { attachPoints }: Probe,
  point: AttachPoint,
  { what, hint }: { readonly what: string; readonly hint: string | undefined },
  { settings, diagnostics }: ProbeOptions,
): void {
  const extras = hint ? { hints: [hint] } : {};
  const isOptional = attachPoints.length > 1 && point.parts.some(isPattern);
  const mode = settings.missingProbes === 'error' && isOptional ? 'warn' : settings.missingProbes;
  if (mode === 'error') diagnostics.error(point.span, `No matches for ${what}.`, extras);
  if (mode === 'warn') diagnostics.warning(point.span, `No matches for ${what}. Skipping.`, extras);
}

function reportEmpty(probe: Probe, { settings, diagnostics }: ProbeOptions): void {
  if (settings.missingProbes === 'warn') {
    const effect = 'It is being removed which may cause issues with program behavior.';
    diagnostics.warning(probe.span, `Probe has no valid attach points. ${effect}`);
  } else if (settings.missingProbes === 'error') {
    const advice = "If this is expected, set the 'missing_probes' config variable to 'warn'.";
    diagnostics.error(probe.span, `Probe has no valid attach points. ${advice}`);
  }
}

/** Stands for names of types: each binary has its own. */
const TYPE = '(type)';
/** Stands for what must be known when the script is compiled. */
const COMPTIME = '(comptime)';

/** What may make one body mean different code at different points. */
function namesUsed(probe: Probe): Set<string> {
  const names = new Set<string>();
  walk(probe, (node) => {
    if (node.kind === 'tagged-type' || node.kind === 'named-type') names.add(TYPE);
    else if (node.kind === 'comptime') names.add(COMPTIME);
    else if (node.kind === 'builtin' || node.kind === 'call' || node.kind === 'identifier') {
      names.add(node.name.replace(/^__builtin_/, ''));
    }
  });
  return names;
}

/** Points of equal shape are compiled once. */
function shapeOf(point: ProbePoint, used: ReadonlySet<string>, hasCookies: boolean): string {
  const { kind, program, attachTo, attachModule, attachProgram, how, signal } = point;
  const parts: unknown[] = [kind.names[0], program, attachTo, attachModule, attachProgram, how, signal];
  const tellsWhich = point.systemCall !== undefined || (hasCookies && point.program === 'tracepoint');
  if (used.has('probe') && !tellsWhich) parts.push(point.name);
  if (used.has('uaddr')) parts.push(point.address);
  if (used.has('args')) parts.push(point.args?.struct.name);
  if (used.has('retval')) parts.push(point.retval);
  if (point.argN?.in === 'usdt') parts.push(point.name);
  if (used.has('uaddr') || used.has(TYPE)) parts.push(point.binary);
  return JSON.stringify(parts, (key, value) =>
    typeof value === 'bigint' ? `${value}` : key === 'fields' ? undefined : value,
  );
}
