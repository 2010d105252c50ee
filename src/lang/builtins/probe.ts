/** Builtins about the probe: args, arg0 …, retval, ctx, probe, func, and the stacks. */
import { address, imm } from '../ir/index.ts';
import { allArguments, numberedArgument, returnValue } from '../lower/arguments.ts';
import type { Lowering } from '../lower/lowering.ts';
import type { BuiltinRow, FunctionRow } from '../lower/rows.ts';
import { indexOfCall } from '../lower/system-call.ts';
import { inMemory, scalar, type Value } from '../lower/value.ts';
import type { ProbePoint } from '../probes/index.ts';
import { AT_RETURN } from '../probes/kernel-function.ts';
import { isSpecial } from '../probes/kind.ts';
import { BOOL, INT64, pointerTo, stringType, type Type, UINT64, VOID } from '../types/type.ts';
import type { Typing, Unit } from '../types/typing.ts';

const spaceOfPoint = (t: Typing) => {
  const space = t.point?.kind.space;
  return space === 'user' || space === 'kernel' ? { space } : {};
};

function outside(t: Typing, node: Parameters<BuiltinRow['type']>[1], name: string): undefined {
  return t.error(node, `Builtin ${name} not supported outside probe`);
}

const WITH_ARGS = ['tracepoint', 'rawtracepoint', 'fentry', 'fexit', 'uprobe'];
const typesUnknown = (kind: string) => `The args builtin can not be used with '${kind}' probes here`;
const argsMisplaced = (kind: string) =>
  `The args builtin can only be used with tracepoint, rawtracepoint, fentry/fexit, and uprobe probes (${kind} used here)`;

const args: BuiltinRow = {
  name: 'args',
  signature: 'struct args',
  doc: 'The arguments of this probe by name; `-lv` lists them.',
  type(t, node) {
    if (!t.point) return outside(t, node, 'args');
    const given = t.point.args;
    if (given) return given.struct;
    const kind = t.point.kind.names[0];
    return t.error(node, WITH_ARGS.includes(kind) ? typesUnknown(kind) : argsMisplaced(kind), {
      hints: t.point.argN ? ['use arg0, arg1 …'] : [],
    });
  },
  lower: (l) => allArguments(l),
};

/** arg0, arg1 …: made on demand, one row a number. */
export function argRow(name: string): BuiltinRow | undefined {
  const match = /^arg(\d+)$/.exec(name);
  if (!match) return undefined;
  const index = Number(match[1]);
  return {
    name,
    signature: `int64 ${name}`,
    doc: `Argument ${index} of the probed function or USDT probe.`,
    type(t, node) {
      if (!t.point) return outside(t, node, name);
      if (!t.point.argN) {
        return t.error(node, `The ${name} builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes`, {
          hints: t.point.args ? ['use args.NAME'] : [],
        });
      }
      return { ...UINT64, ...spaceOfPoint(t) };
    },
    lower: (l, node) => numberedArgument(index, l.typeOf(node), l) ?? scalar(UINT64, imm(0)),
  };
}

const retval: BuiltinRow = {
  name: 'retval',
  signature: 'int64 retval',
  doc: 'What the function returned.',
  type(t, node) {
    if (!t.point) return outside(t, node, 'retval');
    const given = t.point.retval;
    if (given === undefined) {
      const kinds = "'kretprobe' and 'uretprobe' and 'fentry' probes";
      const end = t.point.program === 'tracepoint' ? ' (try to use args.ret instead)' : '';
      return t.error(node, `The retval builtin can only be used with ${kinds}${end}`);
    }
    return given === 'register' ? { ...UINT64, ...spaceOfPoint(t) } : given.type;
  },
  lower: (l, node) => returnValue(l.point!, l.typeOf(node), l) ?? scalar(INT64, imm(0)),
};

const FUNCTIONS = ['kprobe', 'kretprobe', 'uprobe', 'uretprobe', 'usdt'];
const EVENTS = ['profile', 'interval', 'software', 'hardware', 'watchpoint', 'iter'];
/** Whose context is of a kind that scripts know. */
const WITH_CONTEXT: ReadonlySet<string> = new Set([...FUNCTIONS, ...EVENTS]);

const ctx: BuiltinRow = {
  name: 'ctx',
  signature: 'void *ctx',
  doc: "The program's context.",
  type(t, node) {
    if (!t.point) return outside(t, node, 'ctx');
    const kind = t.point.kind.names[0];
    if (kind === 'tracepoint') return t.error(node, 'Use args instead of ctx in tracepoint');
    if (!WITH_CONTEXT.has(kind)) return t.error(node, `The ctx builtin can not be used with '${kind}' probes`);
    const struct = t.point.context === undefined ? undefined : t.script.space.tagged('struct', t.point.context);
    return pointerTo(struct ?? VOID, 'context');
  },
  lower: (l, node) => scalar(l.typeOf(node), l.context!),
};

const probe: BuiltinRow = {
  name: 'probe',
  signature: 'string probe',
  doc: 'Full name of the probe that fired.',
  type: (t, node) => (t.point ? stringType(longestName(t.unit) + 1) : outside(t, node, 'probe')),
  lower: (l) => (l.unit.kind === 'probe' && l.unit.asksWhich ? nameOfPoint(l.unit.points, l) : text(l.point!.name)),
  constant: (t) => (t.unit.kind === 'probe' && t.unit.asksWhich ? undefined : t.point?.name),
};

const longestName = (unit: Unit): number =>
  unit.kind === 'probe' ? Math.max(...unit.points.map(({ name }) => name.length)) : 0;

/** Points of different names share one program: the attach cookie, or the system call, tells which one fired. */
function nameOfPoint(points: readonly ProbePoint[], l: Lowering): Value {
  const { b } = l;
  const type = stringType(longestName(l.unit) + 1);
  const row = Math.ceil(type.size / 8) * 8;
  const table = l.output.texts(
    `${l.root.b.name}_names`,
    points.map(({ name }) => name),
    row,
  );
  const which = points[0]!.systemCall ? indexOfCall(points, l) : b.helper('get_attach_cookie', [l.context!]);
  const at = b.mov(b.mapValue(table));
  b.when('ult', which, imm(points.length), () => b.add(b.mapValue(table), b.binary('mul', which, imm(row)), at));
  return inMemory(type, address(at));
}

/** What the tracer runs itself is special, as scripts of bpftrace expect. */
const kindWord = (point: ProbePoint): string => (isSpecial(point) ? 'special' : point.kind.names[0]);

const probetype: BuiltinRow = {
  name: 'probetype',
  signature: 'string probetype',
  doc: 'Kind of the probe that fired.',
  type: (t, node) => (t.point ? stringType(kindWord(t.point).length + 1) : outside(t, node, 'probetype')),
  lower: (l) => text(kindWord(l.point!)),
  constant: (t) => t.point && kindWord(t.point),
};

const text = (value: string): Value => ({
  kind: 'literal',
  type: stringType(value.length + 1),
  bytes: Buffer.from(value, 'latin1'),
});

const func: BuiltinRow = {
  name: 'func',
  signature: 'string func',
  doc: 'Name of the function that is traced.',
  type(t, node): Type | undefined {
    if (!t.point) return outside(t, node, '__builtin_func');
    if (t.point.func === undefined) {
      return t.error(node, `The func builtin can not be used with '${t.point.kind.names[0]}' probes`);
    }
    return { kind: t.point.kind.space === 'user' ? 'usym' : 'ksym' };
  },
  lower: (l, node) => {
    const call = { kind: 'call', span: node.span, nameSpan: node.span } as const;
    const address = l.point?.func === 'attach' ? { ...call, name: 'func_address', arguments: [] } : ipCall(node, l);
    const name = l.typeOf(node).kind;
    return l.script.library.function(name)!.lower({ ...call, name, arguments: [address] }, l);
  },
};

function ipCall(node: Parameters<BuiltinRow['lower']>[1], l: Lowering) {
  const name = l.script.typing.host.arch === 'arm64' ? 'pc' : 'ip';
  const register = { kind: 'string', span: node.span, value: name } as const;
  return { kind: 'call', span: node.span, nameSpan: node.span, name: 'reg', arguments: [register] } as const;
}

/** Only in bodies that the compiler has joined. Kernels before 7.0 take no argument, and let one be. */
const sessionIsReturn: FunctionRow = {
  name: AT_RETURN,
  signature: `bool ${AT_RETURN}()`,
  doc: 'Whether a program for entry and return of a function runs at the return.',
  arguments: [0, 0],
  type: (call, t) =>
    t.point?.program === 'kprobe_session' ? BOOL : t.error(call, `${AT_RETURN}() is for the compiler itself`),
  lower: (_, l) => scalar(BOOL, l.b.kfunc('bpf_session_is_return', [l.context!])),
};

export const PROBE: readonly BuiltinRow[] = [args, retval, ctx, probe, probetype, func];
export const PROBE_FUNCTIONS: readonly FunctionRow[] = [sessionIsReturn];
