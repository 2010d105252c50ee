/** Many tracepoints of system calls of one body: one program on the event that they all come from, which looks the call's number up. */
import { syscallNames } from '../../base/syscalls.ts';
import type { CompileHost } from '../host.ts';
import type { Settings } from '../settings.ts';
import { sizeOfType } from '../types/layout.ts';
import type { Field } from '../types/type.ts';
import type { TypeSpace } from '../types/type-space.ts';
import type { ProbePoint, SystemCallHook } from './kind.ts';

/** With fewer, a program that runs for each system call of the machine costs more than their links. */
const MANY = 8;

/**
 * What is of the tracepoint's own context, or has to be known when the body is compiled. Kernel stacks would begin in the
 * kernel's frames around the program, of which not every kernel has as many.
 */
const OF_THE_POINT = /^(?:.*kstack|args|ctx|arg\d+|retval|reg|func|func_address|usermode|override|\(comptime\))$/;

/** Where the kernel's functions, after which tracepoints are called, have other names than the calls. */
const TRACED_AS: Readonly<Record<string, string>> = {
  arm64_personality: 'personality',
  fadvise64_64: 'fadvise64',
  newfstat: 'fstat',
  newlstat: 'lstat',
  newstat: 'stat',
  newuname: 'uname',
  sendfile64: 'sendfile',
  umount: 'umount2',
};

type Direction = SystemCallHook['event'];

/** A probe's points, with the names that its body mentions. */
export interface Expanded {
  readonly points: readonly ProbePoint[];
  readonly uses: ReadonlySet<string>;
}

interface DispatchContext {
  readonly host: CompileHost;
  readonly types: TypeSpace;
  readonly settings: Settings;
}

/** Points of another event, of calls whose numbers nobody knows, and of few calls stay as they are. */
export function dispatchSystemCalls<E extends Expanded>(probes: readonly E[], context: DispatchContext): readonly E[] {
  return (['sys_enter', 'sys_exit'] as const).reduce<readonly E[]>(
    (all, direction) => (all.some((one) => isMany(one, direction)) ? dispatch(all, direction, context) : all),
    probes,
  );
}

/** Perf's programs on an event and ours run in no order that is known: a call is on one of the ways only. */
function dispatch<E extends Expanded>(probes: readonly E[], direction: Direction, context: DispatchContext) {
  const hook = hookOf(direction, context);
  if (!hook) return probes;
  const numbers = numbersOf(context.host);
  const moved = probes.map((one) => (isMany(one, direction) ? { ...one, points: move(one, hook, numbers) } : one));
  const points = moved.flatMap((one) => one.points);
  const left = new Set(points.map((point) => callOf(point, direction)));
  return points.some(({ systemCall }) => systemCall?.hook === hook && left.has(systemCall.name)) ? probes : moved;
}

function move({ points }: Expanded, hook: SystemCallHook, numbers: ReadonlyMap<string, number>): ProbePoint[] {
  return points.map((point) => {
    const name = callOf(point, hook.event);
    const number = numbers.get((name && TRACED_AS[name]) ?? name ?? '');
    if (name === undefined || number === undefined) return point;
    return {
      ...point,
      program: 'tp_btf',
      attachTo: hook.event,
      links: [{ kind: 'tracing' }],
      systemCall: { name, number, hook },
    };
  });
}

function isMany({ points, uses }: Expanded, direction: Direction): boolean {
  if ([...uses].some((name) => OF_THE_POINT.test(name))) return false;
  const calls = points
    .filter(({ kind }) => kind.names[0] === 'tracepoint')
    .flatMap((point) => callOf(point, direction) ?? []);
  // What is named twice runs twice.
  return calls.length >= MANY && new Set(calls).size === calls.length;
}

/** The call whose tracepoint this is. */
function callOf({ links }: ProbePoint, direction: Direction): string | undefined {
  const [link] = links;
  if (link?.kind !== 'tracepoint' || link.category !== 'syscalls') return undefined;
  return link.event.startsWith(`${direction}_`) ? link.event.slice(direction.length + 1) : undefined;
}

const numbersOf = ({ arch = 'x64' }: CompileHost): ReadonlyMap<string, number> =>
  new Map(syscallNames(arch).map((name, number) => [name, number]));

/**
 * The tracepoints say nothing of calls by 32-bit programs, whose numbers are others (kernel/trace/trace_syscalls.c,
 * trace_get_syscall_nr); those by x32 have numbers of their own.
 */
const COMPAT = {
  /** TS_COMPAT, asm/thread_info.h. */
  x64: { field: 'status', mask: 2, number: 'orig_ax' },
  /** _TIF_32BIT, asm/thread_info.h. */
  arm64: { field: 'flags', mask: 1 << 22, number: 'syscallno' },
} as const;

/** undefined: this kernel's types do not tell enough. */
function hookOf(event: Direction, { host, types, settings }: DispatchContext): SystemCallHook | undefined {
  if (host.features?.taskBtf === false || !settings.license.includes('GPL')) return undefined;
  if (types.btf?.btf.find(`btf_trace_${event}`, 'typedef') === undefined) return undefined;
  const { field, mask, number } = COMPAT[host.arch ?? 'x64'];
  const thread = fieldOf('task_struct', 'thread_info', types);
  const flags = fieldOf('thread_info', field, types);
  const saved = fieldOf('pt_regs', number, types);
  if (!thread || !flags || !saved || sizeOfType(flags.type) < 4) return undefined;
  return { event, registers: saved.offset, compat: { offset: thread.offset + flags.offset, mask } };
}

function fieldOf(struct: string, name: string, types: TypeSpace): Field | undefined {
  const type = types.btf?.tagged('struct', struct);
  return type?.kind === 'struct' ? type.fields().find((field) => field.name === name) : undefined;
}
